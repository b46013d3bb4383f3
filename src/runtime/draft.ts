import { assert, type OutgoingMessage, partitionOf, type Refusal, type TimerChange } from '../core/index.ts'
import type {
  AnswerWrite,
  AuditWrite,
  Batch,
  BatchPosition,
  Committed,
  Ids,
  LogRow,
  NewLogRow,
  ParkedChange,
  ParkedWrite,
  ProjectionWrite,
  ReplyTo,
  StateWrite,
  TimerWrite
} from '../ports/index.ts'
import type { Cursor } from './cursor.ts'
import { absent, type Entry, type StateCache } from './state-cache.ts'
import { type Cause, childTrace } from './trace.ts'

/** A batch that writes nothing. */
export const emptyBatch: Batch = {
  log: [],
  states: [],
  projections: [],
  checkpoints: [],
  timers: [],
  parked: [],
  parkedChanges: [],
  answers: [],
  audit: []
}

/** Who says something in a turn: a part of the service, for one key. */
export interface Origin {
  readonly unit: string
  readonly key: string
  /** The revision of the part that keeps a state; absent for an actor, which keeps none. */
  readonly revision?: number
}

/** An entry that this turn changes. */
interface Changed {
  expected: number
  version: number
  sequence: number
  lastPosition: BatchPosition
  data: unknown
  readonly revision: number
}

/** A projection's rows that this turn changes, under the name by which they are cached. */
interface ChangedRows {
  readonly projection: string
  readonly generation: number
  readonly rows: Map<string, Entry>
}

/**
 * Everything that one turn is about to commit. Transitions see the changes of those before them in the same turn;
 * nothing of it is visible to anybody else until `settle`.
 */
export class Draft {
  readonly nowMs: number
  readonly #service: string
  readonly #partitions: number
  readonly #cache: StateCache
  readonly #ids: Ids
  readonly #loaded = new Map<string, Map<string, Entry>>()
  readonly #changed = new Map<string, Map<string, Changed>>()
  readonly #rows = new Map<string, ChangedRows>()
  readonly #timers = new Map<string, TimerWrite>()
  readonly #parkedNow = new Set<string>()
  readonly log: NewLogRow[] = []
  readonly parked: ParkedWrite[] = []
  readonly parkedChanges: ParkedChange[] = []
  readonly answers: AnswerWrite[] = []
  readonly audit: AuditWrite[] = []
  readonly cursors: Set<Cursor> = new Set()
  /** Messages dealt with that had been parked before their checkpoint passed them, by cursor. */
  readonly doneLate: Map<Cursor, number> = new Map()

  constructor(service: string, partitions: number, cache: StateCache, ids: Ids, nowMs: number) {
    this.#service = service
    this.#partitions = partitions
    this.#cache = cache
    this.#ids = ids
    this.nowMs = nowMs
  }

  /** Hands over what was read from the store for this turn. */
  load(unit: string, key: string, entry: Entry): void {
    let entries = this.#loaded.get(unit)
    if (!entries) {
      entries = new Map()
      this.#loaded.set(unit, entries)
    }
    entries.set(key, entry)
    this.#cache.set(unit, key, entry)
  }

  /** Whether a state is at hand; asking keeps it at hand for this turn. */
  has(unit: string, key: string): boolean {
    if (this.#loaded.get(unit)?.has(key)) return true
    const cached = this.#cache.get(unit, key)
    if (cached) this.load(unit, key, cached)
    return cached !== undefined
  }

  entry(unit: string, key: string): Entry {
    const entry = this.#changed.get(unit)?.get(key) ?? this.#loaded.get(unit)?.get(key)
    assert(entry, `the state of ${unit}/${key} was loaded before its transition`)
    return entry
  }

  /** Puts a new state in place of the former one. */
  put(origin: Origin, data: unknown): void {
    const changed = this.#change(origin)
    changed.version += 1
    changed.data = data
  }

  #change(origin: Origin): Changed {
    let entries = this.#changed.get(origin.unit)
    if (!entries) {
      entries = new Map()
      this.#changed.set(origin.unit, entries)
    }
    let changed = entries.get(origin.key)
    if (!changed) {
      const { version, sequence, lastPosition, data } = this.entry(origin.unit, origin.key)
      changed = { expected: version, version, sequence, lastPosition, data, revision: origin.revision ?? 1 }
      entries.set(origin.key, changed)
    }
    return changed
  }

  /** The row of a projection as this turn has it; `undefined` when there is none. */
  row(rowsName: string, key: string): unknown {
    const changed = this.#rows.get(rowsName)?.rows.get(key)
    return changed ? changed.data : this.entry(rowsName, key).data
  }

  putRow(rowsName: string, projection: string, generation: number, key: string, data: unknown): void {
    let changed = this.#rows.get(rowsName)
    if (!changed) {
      changed = { projection, generation, rows: new Map() }
      this.#rows.set(rowsName, changed)
    }
    changed.rows.set(
      key,
      data === null || data === undefined ? absent : { version: 1, sequence: 0, lastPosition: 0, data }
    )
  }

  /** Adds a message to the log. One with a state takes the next sequence of its entity. Gives its index in the batch. */
  say(origin: Origin, message: OutgoingMessage, cause: Cause, step?: string): number {
    const to = message.kind === 'command' ? { to: { service: message.service, key: message.key } } : {}
    const replyTo: { replyTo?: ReplyTo } =
      step === undefined
        ? {}
        : { replyTo: { service: this.#service, unit: origin.unit, key: origin.key, step } }
    return this.#append(origin, cause, {
      kind: message.kind,
      type: message.type,
      version: message.version,
      data: message.data,
      ...to,
      ...replyTo
    })
  }

  /** Tells the sender of a command that it was refused. */
  sayRefusal(origin: Origin, type: string, refusal: Refusal, to: ReplyTo, cause: Cause): void {
    const data = { command: type, step: to.step, code: refusal.code, reason: refusal.reason }
    this.#append({ unit: origin.unit, key: origin.key }, cause, {
      kind: 'refusal',
      type,
      version: 1,
      data,
      to: { service: to.service, unit: to.unit, key: to.key }
    })
  }

  #append(
    origin: Origin,
    cause: Cause,
    said: Pick<NewLogRow, 'kind' | 'type' | 'version' | 'data' | 'to' | 'replyTo'>
  ): number {
    const index = this.log.length
    const changed = origin.revision === undefined ? undefined : this.#change(origin)
    const sequence = changed ? changed.sequence + 1 : 0
    const previous = changed ? changed.lastPosition : 0
    if (changed) {
      changed.sequence = sequence
      changed.lastPosition = { row: index }
    }
    this.log.push({
      ...said,
      partition: partitionOf(origin.key, this.#partitions),
      unit: origin.unit,
      key: origin.key,
      sequence,
      previous,
      timeMs: this.nowMs,
      correlationId: cause.correlationId,
      causationId: cause.messageId,
      traceparent: childTrace(cause.traceparent, this.#ids)
    })
    return index
  }

  setTimers(origin: Origin, changes: readonly TimerChange[], cause: Cause): void {
    for (const change of changes) {
      const dueMs = 'cancel' in change ? ('cancel' as const) : change.dueMs
      this.#timer({
        unit: origin.unit,
        key: origin.key,
        name: change.name,
        dueMs,
        correlationId: cause.correlationId,
        traceparent: cause.traceparent
      })
    }
  }

  /** Removes a timer that fires now; false when this turn has changed it already. */
  fire(timer: {
    unit: string
    key: string
    name: string
    dueMs: number
    correlationId: string
    traceparent: string
  }): boolean {
    if (this.#timers.has(timerName(timer))) return false
    const { unit, key, name, dueMs, correlationId, traceparent } = timer
    this.#timer({ unit, key, name, dueMs: 'cancel', firedMs: dueMs, correlationId, traceparent })
    return true
  }

  #timer(write: TimerWrite): void {
    this.#timers.set(timerName(write), write)
  }

  park(write: ParkedWrite): void {
    this.parked.push(write)
    this.#parkedNow.add(`${write.subscription} ${write.key}`)
  }

  isParkedNow(subscription: string, key: string): boolean {
    return this.#parkedNow.size > 0 && this.#parkedNow.has(`${subscription} ${key}`)
  }

  /** The earliest time at which a timer of this turn is due. */
  get nextTimerMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { dueMs } of this.#timers.values()) if (dueMs !== 'cancel' && dueMs < next) next = dueMs
    return next
  }

  batch(): Batch {
    const states: StateWrite[] = []
    // What an entity says without a new state still moves its version, so that two writers cannot both do so.
    for (const [unit, entries] of this.#changed)
      for (const [key, changed] of entries)
        states.push({ ...changed, unit, key, version: Math.max(changed.version, changed.expected + 1) })
    const projections: ProjectionWrite[] = []
    for (const { projection, generation, rows } of this.#rows.values())
      for (const [key, entry] of rows)
        projections.push({ projection, generation, key, data: entry.version === 0 ? null : entry.data })
    const checkpoints = [...this.cursors].map((cursor) => ({
      cursor,
      from: cursor.committed,
      to: cursor.taken,
      done: cursor.doneTaken + (this.doneLate.get(cursor) ?? 0)
    }))
    return {
      log: this.log,
      states,
      projections,
      checkpoints: checkpoints.map(({ cursor, ...move }) => ({
        subscription: cursor.subscription,
        source: cursor.source.source,
        partition: cursor.partition,
        ...move
      })),
      timers: [...this.#timers.values()],
      parked: this.parked,
      parkedChanges: this.parkedChanges,
      answers: this.answers,
      audit: this.audit
    }
  }

  /** Takes the turn's changes into the cache once they are committed, and gives the log rows with their positions. */
  settle(committed: Committed): readonly LogRow[] {
    const at = (position: BatchPosition): number =>
      typeof position === 'number' ? position : (committed.positions[position.row] as number)
    for (const [unit, entries] of this.#changed)
      for (const [key, changed] of entries)
        this.#cache.set(unit, key, {
          version: Math.max(changed.version, changed.expected + 1),
          sequence: changed.sequence,
          lastPosition: at(changed.lastPosition),
          data: changed.data
        })
    for (const [rowsName, { rows }] of this.#rows)
      for (const [key, entry] of rows) this.#cache.set(rowsName, key, entry)
    return this.log.map((row, index) => ({
      ...row,
      previous: at(row.previous),
      service: this.#service,
      position: committed.positions[index] as number
    }))
  }
}

function timerName(timer: { readonly unit: string; readonly key: string; readonly name: string }): string {
  return `${timer.unit} ${timer.key} ${timer.name}`
}
