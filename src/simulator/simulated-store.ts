import { createHash } from 'node:crypto'
import { canonicalJson, Failure, frozen } from '../core/index.ts'
import type {
  AuditWrite,
  Batch,
  Checkpoint,
  Committed,
  Fence,
  Generation,
  Leases,
  LogRow,
  ParkedFilter,
  ParkedMessage,
  ParkedStatus,
  Query,
  QueryPage,
  Store,
  StoredAnswer,
  StoredState,
  StoredTimer,
  StoreGuarantees
} from '../ports/index.ts'
import { type Disk, type DiskState, messageMaxBytes, rowOf } from './disk.ts'
import { codePointOrder, pageOf } from './disk-query.ts'
import type { Host } from './host.ts'

/** How long calls take, on the mean. */
const readMs = 0.3
const writeMs = 2
const slowFactor = 100
/** How long a disk stays full. */
const fullMs = 400

const stateOf = ({ key: _key, text, ...state }: DiskState): StoredState => ({
  ...state,
  data: frozen(JSON.parse(text))
})

function checkKey(key: string): void {
  if (!key.isWellFormed())
    throw new Failure('KEY_INVALID', { hint: 'A key holds no half of a surrogate pair.' })
}

function checkBatch(batch: Batch): void {
  for (const { key } of batch.states) checkKey(key)
  for (const { key } of batch.projections) checkKey(key)
  for (const { key } of batch.timers) checkKey(key)
  for (const { key } of batch.parked) checkKey(key)
  for (const { idempotencyKey } of batch.answers) checkKey(idempotencyKey)
  for (const { key } of batch.log) checkKey(key)
}

/**
 * The store of a service in a simulated world, on a disk that outlives it. Every call takes virtual time, in which
 * others go on, and may meet the faults of a disk. A commit is on the disk as a whole or not at all; readers see it
 * when it is there, the caller hears of it later.
 */
export class SimulatedStore implements Store {
  readonly guarantees: StoreGuarantees = { name: 'simulated', durable: true, messageMaxBytes }
  readonly service: string
  readonly partitions: number
  readonly shared?: boolean
  readonly leases?: Leases
  readonly #disk: Disk
  readonly #host: Host
  readonly #onCommit: (disk: Disk, batch: Batch, committed: Committed) => void
  #fullUntilMs = 0
  #closed = false
  #writing: Promise<unknown> = Promise.resolve()

  constructor(
    disk: Disk,
    host: Host,
    onCommit: (disk: Disk, batch: Batch, committed: Committed) => void = () => undefined,
    isShared = false
  ) {
    this.service = disk.service
    this.partitions = disk.partitions
    this.#disk = disk
    this.#host = host
    this.#onCommit = onCommit
    if (!isShared) return
    this.shared = true
    this.leases = this.#sharedLeases()
  }

  #sharedLeases(): Leases {
    const { leases } = this.#disk
    const { world } = this.#host
    return {
      beat: (request) => this.#change('beat', () => leases.beat(request, world.nowMs)),
      leave: (instance) => this.#change('leave', () => leases.leave(instance)),
      instances: () => this.#read('instances', () => leases.instances(world.nowMs))
    }
  }

  commit(batch: Batch): Promise<Committed> {
    return this.#change('commit', () => {
      checkBatch(batch)
      const committed = this.#disk.apply(batch)
      this.#onCommit(this.#disk, batch, committed)
      return committed
    })
  }

  /** One change of the disk after the other, each with what may go wrong before, while and after it is written. */
  #change<Result>(call: string, write: () => Result): Promise<Result> {
    const { world, life, faults, random } = this.#host
    const changed = this.#writing.then(async () => {
      this.#checkOpen()
      const where = `${this.service} ${call}`
      const slow = faults.fires('slow-disk', where) ? slowFactor : 1
      await world.later(random.around(writeMs) * slow, life, `${where} begins`, () => undefined)
      if (faults.fires('crash-before-write', where)) return this.#host.crash()
      if (faults.fires('disk-full', where)) this.#fullUntilMs = world.nowMs + fullMs
      if (faults.active && world.nowMs < this.#fullUntilMs)
        throw new Failure('STORE_FULL', { hint: `The disk of ${this.service} is full.` })
      if (faults.fires('sync-fails', where))
        throw new Failure('STORE_UNAVAILABLE', { hint: `A sync of ${this.service} failed.` })
      const result = write()
      if (faults.fires('crash-after-write', where)) return this.#host.crash()
      const isUnknown = faults.fires('commit-unknown', where)
      await world.later(random.around(writeMs) * slow, life, `${where} ends`, () => undefined)
      if (isUnknown)
        throw new Failure('STORE_UNAVAILABLE', {
          hint: `Nobody knows what became of a write of ${this.service}.`
        })
      return result
    })
    this.#writing = changed.catch(() => undefined)
    return changed
  }

  #checkOpen(): void {
    if (this.#closed) throw new Failure('STOPPING', { hint: `The store of ${this.service} is closed.` })
  }

  #read<Result>(call: string, read: () => Result): Promise<Result> {
    const { world, life, faults, random } = this.#host
    const where = `${this.service} ${call}`
    if (faults.fires('crash', where)) return this.#host.crash()
    return world.later(random.around(readMs), life, where, () => {
      this.#checkOpen()
      return read()
    })
  }

  read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return this.#read('read', () => readLog(this.#disk, partition, after, limit))
  }

  heads(): Promise<readonly number[]> {
    return this.#read('heads', () => this.#disk.heads())
  }

  states(unit: string, keys: readonly string[]): Promise<ReadonlyMap<string, StoredState>> {
    return this.#read('states', () => {
      const found = new Map<string, StoredState>()
      for (const key of keys) {
        const state = this.#disk.states.get(unit)?.get(key)
        if (state) found.set(key, stateOf(state))
      }
      return found
    })
  }

  listStates(
    unit: string,
    afterKey: string,
    limit: number
  ): Promise<readonly (StoredState & { readonly key: string })[]> {
    return this.#read('list states', () =>
      [...(this.#disk.states.get(unit)?.values() ?? [])]
        .filter(({ key }) => codePointOrder(key, afterKey) > 0)
        .sort((left, right) => codePointOrder(left.key, right.key))
        .slice(0, limit)
        .map((state) => ({ ...stateOf(state), key: state.key }))
    )
  }

  history(
    unit: string,
    key: string,
    uptoPosition: number = Number.POSITIVE_INFINITY
  ): Promise<readonly LogRow[]> {
    return this.#read('history', () => this.#disk.history(unit, key, uptoPosition))
  }

  checkpoints(subscription: string): Promise<readonly Checkpoint[]> {
    return this.#read('checkpoints', () =>
      [...this.#disk.checkpoints.values()]
        .filter((each) => each.subscription === subscription)
        .map(({ source, partition, position, done }) => ({ source, partition, position, done }))
    )
  }

  answer(idempotencyKey: string): Promise<StoredAnswer | undefined> {
    return this.#read('answer', () => this.#disk.answers.get(idempotencyKey))
  }

  timers(limit: number, units?: readonly string[]): Promise<readonly StoredTimer[]> {
    return this.#read('timers', () =>
      [...this.#disk.timers.values()]
        .filter(({ unit }) => units?.includes(unit) ?? true)
        .sort((left, right) => left.dueMs - right.dueMs)
        .slice(0, limit)
    )
  }

  timerCount(): Promise<number> {
    return this.#read('count timers', () => this.#disk.timers.size)
  }

  parked({
    subscription,
    key,
    status,
    afterNumber = 0,
    limit
  }: ParkedFilter): Promise<readonly ParkedMessage[]> {
    return this.#read('parked', () =>
      [...this.#disk.parked.values()]
        .filter(
          (each) =>
            each.number > afterNumber &&
            (subscription === undefined || each.subscription === subscription) &&
            (key === undefined || each.key === key) &&
            (status === undefined || status.includes(each.status))
        )
        .sort((left, right) => left.number - right.number)
        .slice(0, limit)
    )
  }

  parkedCounts(): Promise<
    readonly { readonly subscription: string; readonly status: ParkedStatus; readonly count: number }[]
  > {
    return this.#read('parked counts', () => {
      const counts = new Map<string, { subscription: string; status: ParkedStatus; count: number }>()
      for (const { subscription, status } of this.#disk.parked.values()) {
        const name = `${subscription} ${status}`
        const known = counts.get(name)
        if (known) known.count += 1
        else counts.set(name, { subscription, status, count: 1 })
      }
      return [...counts.values()]
    })
  }

  parkedKeys(): Promise<readonly { readonly subscription: string; readonly key: string }[]> {
    return this.#read('parked keys', () => {
      const names = new Map<string, { subscription: string; key: string }>()
      for (const { subscription, key } of this.#disk.parked.values())
        names.set(JSON.stringify([subscription, key]), { subscription, key })
      return [...names.values()]
    })
  }

  audit(limit: number): Promise<readonly AuditWrite[]> {
    return this.#read('audit', () => this.#disk.audit.slice(0, limit))
  }

  rows(
    projection: string,
    generation: number,
    keys: readonly string[]
  ): Promise<ReadonlyMap<string, unknown>> {
    return this.#read('rows', () => {
      const { rows } = this.#disk.generation(projection, generation)
      const found = new Map<string, unknown>()
      for (const key of keys) {
        const text = rows.get(key)
        if (text !== undefined) found.set(key, frozen(JSON.parse(text)))
      }
      return found
    })
  }

  query(projection: string, generation: number, query: Query): Promise<QueryPage> {
    return this.#read('query', () => pageOf(this.#disk.generation(projection, generation), query))
  }

  rowsHash(
    projection: string,
    generation: number
  ): Promise<{ readonly rows: number; readonly hash: string }> {
    return this.#read('hash rows', () => rowsHash(this.#disk, projection, generation))
  }

  generations(projection: string): Promise<readonly Generation[]> {
    return this.#read('generations', () =>
      this.#disk.generationsOf(projection).map(({ generation, revision, status }) => ({
        projection,
        generation,
        revision,
        status
      }))
    )
  }

  addGeneration(
    projection: string,
    generation: number,
    revision: number,
    indexes: readonly string[],
    status: 'live' | 'building',
    fence?: Fence
  ): Promise<void> {
    return this.#change('add generation', () =>
      this.#disk.addGeneration({ projection, generation, revision, indexes, status }, fence)
    )
  }

  swapGeneration(projection: string, generation: number, fence?: Fence): Promise<void> {
    return this.#change('swap generation', () => this.#disk.swapGeneration(projection, generation, fence))
  }

  dropGeneration(projection: string, generation: number, fence?: Fence): Promise<void> {
    return this.#change('drop generation', () => this.#disk.dropGeneration(projection, generation, fence))
  }

  check(): Promise<readonly string[]> {
    return this.#read('check', () => [])
  }

  async close(): Promise<void> {
    await this.#writing
    this.#closed = true
  }
}

/** Rows of a log as a feed gives them. Fails with `PARTITION_UNKNOWN` or `POSITION_INVALID`. */
export function readLog(disk: Disk, partition: number, after: number, limit: number): readonly LogRow[] {
  const log = disk.log[partition]
  if (!log) throw new Failure('PARTITION_UNKNOWN', { hint: `${disk.service} has no partition ${partition}.` })
  if (!Number.isSafeInteger(after) || after < 0 || !Number.isSafeInteger(limit) || limit < 1)
    throw new Failure('POSITION_INVALID', { hint: `There are no ${limit} rows behind ${after}.` })
  return log.slice(after, after + limit).map(rowOf)
}

/** A hash over the rows of a generation; equal rows give equal hashes. */
function rowsHash(
  disk: Disk,
  projection: string,
  generation: number
): { readonly rows: number; readonly hash: string } {
  const { rows } = disk.generation(projection, generation)
  const hash = createHash('sha256')
  for (const key of [...rows.keys()].sort(codePointOrder))
    hash.update(`${JSON.stringify(key)}\n${canonicalJson(JSON.parse(rows.get(key) as string))}\n`)
  return { rows: rows.size, hash: hash.digest('hex') }
}
