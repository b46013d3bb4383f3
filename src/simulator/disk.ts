import { Failure, frozen, partitionOf, partitionsDefault } from '../core/index.ts'
import {
  type AuditWrite,
  type Batch,
  type BatchPosition,
  type Checkpoint,
  type Committed,
  type Fence,
  type Generation,
  type LogRow,
  type ParkedMessage,
  type StoredAnswer,
  type StoredState,
  type StoredTimer,
  subscriptionName
} from '../ports/index.ts'
import { DiskLeases } from './disk-leases.ts'

/** A state as it is on a disk: its data is text, so that nobody can change it in place. */
export interface DiskState extends Omit<StoredState, 'data'> {
  readonly key: string
  readonly text: string
}

/** The rows of one generation of a projection, as text by key. */
export interface DiskGeneration extends Generation {
  readonly indexes: readonly string[]
  readonly rows: Map<string, string>
}

/** A checkpoint with the subscription it belongs to. */
export interface DiskCheckpoint extends Checkpoint {
  readonly subscription: string
}

/** A row of a log, whose data is text until somebody reads it. */
export interface DiskRow extends Omit<LogRow, 'data'> {
  readonly text: string
  /** As it was read the first time: frozen, since every later reader gets the same. */
  read: LogRow | undefined
}

function conflict(hint: string): Failure {
  return new Failure('VERSION_CONFLICT', { hint })
}

/** As text; a value that JSON leaves out is kept as null. Who gave it may hold on to it, but must not change it. */
function textOf(data: unknown): string {
  return JSON.stringify(frozen(data) ?? null)
}

/** The largest data of one message, in bytes of JSON. */
export const messageMaxBytes = 1_000_000

function messageText(type: string, data: unknown): string {
  const text = textOf(data)
  // Counting bytes takes time; three for each unit is the most that there can be.
  if (text.length * 3 > messageMaxBytes && Buffer.byteLength(text) > messageMaxBytes)
    throw new Failure('MESSAGE_TOO_LARGE', { hint: `${type} has more than ${messageMaxBytes} bytes.` })
  return text
}

/** The row as readers get it; whoever changes its data in place is told so by a TypeError. */
export function rowOf(row: DiskRow): LogRow {
  if (row.read) return row.read
  const { text, read: _read, ...rest } = row
  row.read = Object.freeze({ ...rest, data: frozen(JSON.parse(text)) })
  return row.read
}

function checkRow(batch: Batch, position: BatchPosition): void {
  if (typeof position === 'number' || batch.log[position.row]) return
  throw new Failure('POSITION_INVALID', { hint: `The batch has no row ${position.row}.` })
}

function put<Value>(maps: Map<string, Map<string, Value>>, name: string, key: string, value: Value): void {
  const known = maps.get(name)
  if (known) known.set(key, value)
  else maps.set(name, new Map([[key, value]]))
}

/**
 * What a service has on its disk: everything that was committed, and nothing else. It outlives the node. `apply` writes
 * all of a batch or, when it throws, nothing.
 */
export class Disk {
  readonly service: string
  readonly partitions: number
  readonly log: DiskRow[][]
  readonly states: Map<string, Map<string, DiskState>> = new Map()
  readonly checkpoints: Map<string, DiskCheckpoint> = new Map()
  readonly timers: Map<string, StoredTimer> = new Map()
  readonly parked: Map<number, ParkedMessage> = new Map()
  readonly answers: Map<string, StoredAnswer> = new Map()
  readonly audit: AuditWrite[] = []
  readonly leases: DiskLeases = new DiskLeases()
  readonly generations: Map<string, DiskGeneration> = new Map()
  /** How often something was committed. */
  commits = 0
  #lastNumber = 0

  constructor(service: string, partitions: number = partitionsDefault) {
    this.service = service
    this.partitions = partitions
    this.log = Array.from({ length: partitions }, () => [])
  }

  apply(batch: Batch): Committed {
    const texts = batch.log.map(({ type, data }) => messageText(type, data))
    this.#check(batch)
    const positions = batch.log.map(() => 0)
    const at = (position: BatchPosition): number =>
      typeof position === 'number' ? position : (positions[position.row] as number)
    for (const [index, { data: _data, ...row }] of batch.log.entries()) {
      const log = this.log[row.partition] as DiskRow[]
      const position = log.length + 1
      positions[index] = position
      const text = texts[index] as string
      log.push({ ...row, previous: at(row.previous), service: this.service, position, text, read: undefined })
    }
    for (const { unit, key, version, sequence, lastPosition, revision, data } of batch.states) {
      const written = { key, version, sequence, lastPosition: at(lastPosition), revision, text: textOf(data) }
      put(this.states, unit, key, written)
    }
    for (const { projection, generation, key, data } of batch.projections) {
      const { rows } = this.generation(projection, generation)
      if (data === null || data === undefined) rows.delete(key)
      else rows.set(key, textOf(data))
    }
    for (const { from: _from, to, done, ...named } of batch.checkpoints) {
      const name = checkpointName(named)
      this.checkpoints.set(name, {
        ...named,
        position: to,
        done: (this.checkpoints.get(name)?.done ?? 0) + done
      })
    }
    for (const { dueMs, firedMs: _fired, ...timer } of batch.timers) {
      const name = timerName(timer)
      if (dueMs === 'cancel') this.timers.delete(name)
      else this.timers.set(name, { ...timer, dueMs })
    }
    for (const { idempotencyKey, fingerprint, outcome } of batch.answers)
      this.answers.set(idempotencyKey, {
        fingerprint,
        outcome:
          'row' in outcome
            ? { partition: batch.log[outcome.row]?.partition ?? 0, position: at(outcome) }
            : outcome
      })
    this.leases.touch(batch.touched)
    this.audit.unshift(...batch.audit.toReversed())
    this.commits += 1
    return { positions, parkedNumbers: this.#applyParked(batch) }
  }

  #applyParked(batch: Batch): readonly number[] {
    for (const { number, status, attempts, dueMs, failure, message } of batch.parkedChanges) {
      const now = this.parked.get(number) as ParkedMessage
      if (status === 'gone') this.parked.delete(number)
      else {
        const edited = message === undefined ? now.message : (JSON.parse(textOf(message)) as LogRow)
        this.parked.set(number, { ...now, status, attempts, dueMs, failure, message: edited })
      }
    }
    return batch.parked.map((write) => {
      this.#lastNumber += 1
      const message = JSON.parse(textOf(write.message)) as LogRow
      this.parked.set(this.#lastNumber, { ...write, number: this.#lastNumber, message })
      return this.#lastNumber
    })
  }

  #check(batch: Batch): void {
    this.leases.check(batch.fences)
    for (const { partition } of batch.log)
      if (!this.log[partition])
        throw new Failure('PARTITION_UNKNOWN', { hint: `${this.service} has no partition ${partition}.` })
    for (const { unit, key, expected } of batch.states)
      if ((this.states.get(unit)?.get(key)?.version ?? 0) !== expected) throw conflict(`${unit} ${key}`)
    for (const move of batch.checkpoints) {
      const hint = checkpointName(move)
      if ((this.checkpoints.get(hint)?.position ?? 0) !== move.from)
        throw new Failure('CHECKPOINT_CONFLICT', { hint })
    }
    for (const timer of batch.timers) {
      const { firedMs } = timer
      if (firedMs !== undefined && this.timers.get(timerName(timer))?.dueMs !== firedMs)
        throw conflict(timerName(timer))
    }
    for (const { number, expected } of batch.parkedChanges) {
      const now = this.parked.get(number)
      if (now?.status !== expected.status || now.attempts !== expected.attempts)
        throw conflict(`parked ${number}`)
    }
    const answered = new Set<string>()
    for (const { idempotencyKey, outcome } of batch.answers) {
      if (this.answers.has(idempotencyKey) || answered.has(idempotencyKey)) throw conflict(idempotencyKey)
      answered.add(idempotencyKey)
      if ('row' in outcome) checkRow(batch, outcome)
    }
    for (const { lastPosition } of batch.states) checkRow(batch, lastPosition)
    for (const { previous } of batch.log) checkRow(batch, previous)
    for (const { projection, generation } of batch.projections) this.generation(projection, generation)
  }

  /** What a unit and key said, oldest first. */
  history(unit: string, key: string, uptoPosition: number): readonly LogRow[] {
    const log = this.log[partitionOf(key, this.partitions)] ?? []
    const rows: LogRow[] = []
    let position = this.states.get(unit)?.get(key)?.lastPosition ?? 0
    while (position > 0) {
      const row = log[position - 1] as DiskRow
      if (position <= uptoPosition) rows.push(rowOf(row))
      position = row.previous
    }
    return rows.reverse()
  }

  heads(): readonly number[] {
    return this.log.map((rows) => rows.length)
  }

  /** Fails with `UNIT_UNKNOWN`. */
  generation(projection: string, generation: number): DiskGeneration {
    const found = this.generations.get(`${projection} ${generation}`)
    if (found) return found
    throw new Failure('UNIT_UNKNOWN', { hint: `${this.service} has no rows of ${projection} ${generation}.` })
  }

  generationsOf(projection: string): readonly DiskGeneration[] {
    return [...this.generations.values()].filter((each) => each.projection === projection)
  }

  addGeneration(added: Omit<DiskGeneration, 'rows'>, fence?: Fence): void {
    if (fence) this.leases.check([fence])
    const name = `${added.projection} ${added.generation}`
    if (this.generations.has(name)) throw conflict(name)
    const isFirst = this.generationsOf(added.projection).length === 0
    this.generations.set(name, { ...added, status: isFirst ? 'live' : added.status, rows: new Map() })
  }

  swapGeneration(projection: string, generation: number, fence?: Fence): void {
    if (fence) this.leases.check([fence])
    const found = this.generation(projection, generation)
    for (const other of this.generationsOf(projection)) if (other !== found) this.#discard(other)
    this.generations.set(`${projection} ${generation}`, { ...found, status: 'live' })
  }

  dropGeneration(projection: string, generation: number, fence?: Fence): void {
    if (fence) this.leases.check([fence])
    const found = this.generation(projection, generation)
    if (found.status === 'live')
      throw new Failure('REBUILD_IMPOSSIBLE', { hint: `${projection} ${generation} serves.` })
    this.#discard(found)
  }

  #discard({ projection, generation }: Generation): void {
    const subscription = subscriptionName(projection, generation)
    this.generations.delete(`${projection} ${generation}`)
    for (const [name, each] of this.checkpoints)
      if (each.subscription === subscription) this.checkpoints.delete(name)
    for (const [number, each] of this.parked)
      if (each.subscription === subscription) this.parked.delete(number)
  }
}

function checkpointName(checkpoint: {
  readonly subscription: string
  readonly source: string
  readonly partition: number
}): string {
  return `${checkpoint.subscription} ${checkpoint.source} ${checkpoint.partition}`
}

function timerName(timer: { readonly unit: string; readonly key: string; readonly name: string }): string {
  return `${timer.unit} ${timer.key} ${timer.name}`
}
