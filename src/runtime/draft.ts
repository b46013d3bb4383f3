import { assert, type OutgoingMessage, partitionOf, type Refusal, type TimerChange } from '../core/index.ts'
import type {
  AnswerWrite,
  AuditWrite,
  Batch,
  BatchPosition,
  Committed,
  Fence,
  Ids,
  LogRow,
  ParkedChange,
  ParkedWrite,
  ProjectionWrite,
  ReplyTo,
  StateWrite,
  TimerWrite
} from '../ports/index.ts'
import type { Cursor } from './cursor.ts'
import type { RowSet } from './row-set.ts'
import { absent, type Entry, rowEntry, type StateCache } from './state-cache.ts'
import { type Cause, childTrace } from './trace.ts'

/** Who says something in a turn: a part of the service, for one key. */
export interface Origin {
  readonly unit: string
  readonly key: string
  /** The revision of the part that keeps a state; absent for an actor, which keeps none. */
  readonly revision?: number
}

/** A state that this turn changes, as it will be written. */
type Changed = { -readonly [Name in keyof StateWrite]: StateWrite[Name] }

/** A row of the log that gets its position when it is committed. */
type Said = { -readonly [Name in keyof LogRow]: Name extends 'previous' ? BatchPosition : LogRow[Name] }

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
  /** States at hand that were kept, and that another instance may have changed since. */
  readonly #kept = new Map<string, Set<string>>()
  readonly #changed = new Map<string, Map<string, Changed>>()
  /** By the name of the row set, and by key. */
  readonly #rows = new Map<string, Map<string, ProjectionWrite>>()
  /** By key, so that no name has to be put together for each of them. */
  readonly #timers = new Map<string, TimerWrite[]>()
  readonly #parkedNow = new Set<string>()
  readonly #log: Said[] = []
  readonly parked: ParkedWrite[] = []
  readonly parkedChanges: ParkedChange[] = []
  readonly answers: AnswerWrite[] = []
  readonly audit: AuditWrite[] = []
  readonly cursors: Set<Cursor> = new Set()
  /** Messages dealt with that had been parked before their checkpoint passed them, by cursor. */
  readonly doneLate: Map<Cursor, number> = new Map()
  /** Subscriptions whose work this is, beside those of the cursors. */
  readonly relies: Set<string> = new Set()

  constructor(service: string, partitions: number, cache: StateCache, ids: Ids, nowMs: number) {
    this.#service = service
    this.#partitions = partitions
    this.#cache = cache
    this.#ids = ids
    this.nowMs = nowMs
  }

  /** Hands over what was read from the store for this turn. */
  load(unit: string, key: string, entry: Entry): void {
    this.#keep(unit, key, entry)
    // What is not there is about to be written, most of the time.
    if (entry !== absent) this.#cache.set(unit, key, entry)
  }

  /** Keeps a state as it was read once more; one that had to be folded anew stays as it is. */
  renew(unit: string, key: string, stored: Entry): void {
    if (stored.revision === this.entry(unit, key).revision) this.#cache.set(unit, key, stored)
  }

  #keep(unit: string, key: string, entry: Entry): void {
    let entries = this.#loaded.get(unit)
    if (!entries) {
      entries = new Map()
      this.#loaded.set(unit, entries)
    }
    entries.set(key, entry)
  }

  /** Whether a state is at hand; asking keeps it at hand for this turn. */
  has(unit: string, key: string): boolean {
    if (this.#loaded.get(unit)?.has(key)) return true
    const cached = this.#cache.get(unit, key)
    if (!cached) return false
    this.#keep(unit, key, cached)
    if (this.#cache.isShared(unit)) {
      const keys = this.#kept.get(unit)
      if (keys) keys.add(key)
      else this.#kept.set(unit, new Set([key]))
    }
    return true
  }

  entry(unit: string, key: string): Entry {
    const entry = this.#changed.get(unit)?.get(key) ?? this.#loaded.get(unit)?.get(key)
    if (entry) return entry
    assert(false, `the state of ${unit}/${key} was loaded before its transition`)
  }

  /** Puts a new state in place of the former one. */
  put(origin: Origin, data: unknown): void {
    const changed = this.#change(origin)
    changed.version += 1
    changed.data = data
  }

  #change({ unit, key, revision = 1 }: Origin): Changed {
    let entries = this.#changed.get(unit)
    if (!entries) {
      entries = new Map()
      this.#changed.set(unit, entries)
    }
    let changed = entries.get(key)
    if (!changed) {
      const { version, sequence, lastPosition, data } = this.entry(unit, key)
      changed = { unit, key, expected: version, version, sequence, lastPosition, revision, data }
      entries.set(key, changed)
    }
    return changed
  }

  /** The row of a projection as this turn has it; `undefined` when there is none. */
  row({ name }: RowSet, key: string): unknown {
    const changed = this.#rows.get(name)?.get(key)
    return changed ? (changed.data ?? undefined) : this.entry(name, key).data
  }

  putRow({ name, projection, generation }: RowSet, key: string, data: unknown): void {
    let changed = this.#rows.get(name)
    if (!changed) {
      changed = new Map()
      this.#rows.set(name, changed)
    }
    changed.set(key, { projection, generation, key, data: data ?? null })
  }

  /** Adds a message to the log. One with a state takes the next sequence of its entity. Gives its index in the batch. */
  say(origin: Origin, message: OutgoingMessage, cause: Cause, step?: string): number {
    const { kind, type, version, data } = message
    const row = this.#append(origin, cause, kind, type, version, data)
    if (message.kind === 'command') row.to = { service: message.service, key: message.key }
    if (step !== undefined) row.replyTo = { service: this.#service, unit: origin.unit, key: origin.key, step }
    return this.#log.length - 1
  }

  /** Tells the sender of a command that it was refused. */
  sayRefusal(origin: Origin, type: string, refusal: Refusal, to: ReplyTo, cause: Cause): void {
    const data = { command: type, step: to.step, code: refusal.code, reason: refusal.reason }
    const row = this.#append({ unit: origin.unit, key: origin.key }, cause, 'refusal', type, 1, data)
    row.to = { service: to.service, unit: to.unit, key: to.key }
  }

  #append(
    origin: Origin,
    cause: Cause,
    kind: LogRow['kind'],
    type: string,
    version: number,
    data: unknown
  ): Said {
    const changed = origin.revision === undefined ? undefined : this.#change(origin)
    const sequence = changed ? changed.sequence + 1 : 0
    const previous = changed ? changed.lastPosition : 0
    if (changed) {
      changed.sequence = sequence
      changed.lastPosition = { row: this.#log.length }
    }
    const row: Said = {
      service: this.#service,
      partition: partitionOf(origin.key, this.#partitions),
      position: 0,
      kind,
      type,
      version,
      unit: origin.unit,
      key: origin.key,
      sequence,
      previous,
      timeMs: this.nowMs,
      correlationId: cause.correlationId,
      causationId: cause.messageId,
      traceparent: childTrace(cause.traceparent, this.#ids),
      data
    }
    this.#log.push(row)
    return row
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
    const { unit, key, name, dueMs, correlationId, traceparent } = timer
    if (this.#timers.get(key)?.some((other) => other.unit === unit && other.name === name)) return false
    this.relies.add(unit)
    this.#timer({ unit, key, name, dueMs: 'cancel', firedMs: dueMs, correlationId, traceparent })
    return true
  }

  #timer(write: TimerWrite): void {
    const ofKey = this.#timers.get(write.key)
    if (!ofKey) {
      this.#timers.set(write.key, [write])
      return
    }
    const former = ofKey.findIndex((other) => other.unit === write.unit && other.name === write.name)
    if (former < 0) ofKey.push(write)
    else ofKey[former] = write
  }

  park(write: ParkedWrite): void {
    this.parked.push(write)
    this.#parkedNow.add(`${write.subscription} ${write.key}`)
  }

  get hasParkedNow(): boolean {
    return this.#parkedNow.size > 0
  }

  isParkedNow(subscription: string, key: string): boolean {
    return this.#parkedNow.size > 0 && this.#parkedNow.has(`${subscription} ${key}`)
  }

  /** The earliest time at which a timer of this turn is due. */
  get nextTimerMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const ofKey of this.#timers.values())
      for (const { dueMs } of ofKey) if (dueMs !== 'cancel' && dueMs < next) next = dueMs
    return next
  }

  /** The subscriptions for which something is done here: their leases must be held still when it is committed. */
  get reliesOn(): ReadonlySet<string> {
    for (const { subscription } of this.cursors) this.relies.add(subscription)
    return this.relies
  }

  /** By their units, the keys of kept states that this turn relied on without changing them: no commit compares them. */
  get onTrust(): ReadonlyMap<string, readonly string[]> {
    const onTrust = new Map<string, readonly string[]>()
    for (const [unit, kept] of this.#kept) {
      const changed = this.#changed.get(unit)
      const keys = [...kept].filter((key) => !changed?.has(key))
      if (keys.length > 0) onTrust.set(unit, keys)
    }
    return onTrust
  }

  batch(fences: readonly Fence[]): Batch {
    const states: StateWrite[] = []
    for (const entries of this.#changed.values())
      for (const changed of entries.values()) {
        // What an entity says without a new state still moves its version, so that two writers cannot both do so.
        changed.version = Math.max(changed.version, changed.expected + 1)
        states.push(changed)
      }
    const projections: ProjectionWrite[] = []
    for (const rows of this.#rows.values()) for (const row of rows.values()) projections.push(row)
    const timers: TimerWrite[] = []
    for (const ofKey of this.#timers.values()) timers.push(...ofKey)
    const checkpoints = [...this.cursors].map((cursor) => ({
      cursor,
      from: cursor.committed,
      to: cursor.taken,
      done: cursor.doneTaken + (this.doneLate.get(cursor) ?? 0)
    }))
    return {
      log: this.#log,
      states,
      projections,
      checkpoints: checkpoints.map(({ cursor, ...move }) => ({
        subscription: cursor.subscription,
        source: cursor.source.source,
        partition: cursor.partition,
        ...move
      })),
      timers,
      parked: this.parked,
      parkedChanges: this.parkedChanges,
      answers: this.answers,
      audit: this.audit,
      fences,
      touched: []
    }
  }

  /** Takes the turn's changes into the cache once they are committed, and gives the log rows with their positions. */
  settle(committed: Committed): readonly LogRow[] {
    const at = (position: BatchPosition): number =>
      typeof position === 'number' ? position : (committed.positions[position.row] as number)
    for (const entries of this.#changed.values())
      for (const { unit, key, version, sequence, lastPosition, revision, data } of entries.values())
        this.#cache.set(unit, key, { version, sequence, lastPosition: at(lastPosition), revision, data })
    for (const [name, rows] of this.#rows)
      for (const { key, data } of rows.values())
        this.#cache.set(name, key, data === null ? absent : rowEntry(data))
    for (const [index, row] of this.#log.entries()) {
      row.previous = at(row.previous)
      row.position = committed.positions[index] as number
    }
    return this.#log as readonly LogRow[]
  }
}
