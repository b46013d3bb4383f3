import type { Feed } from './feed.ts'
import type { Fence, Leases } from './leases.ts'
import type { LogRow } from './log-row.ts'
import type { Query, QueryPage } from './query.ts'
import type { Retention } from './retention.ts'
import type { AuditWrite, Batch, ParkedStatus, ParkedWrite } from './store-batch.ts'

/** What a store says of itself; a service whose needs are not met does not start. */
export interface StoreGuarantees {
  readonly name: string
  /** A commit that returned survives a crash of the process and of the machine. */
  readonly durable: boolean
  /** The largest data of one message, in bytes of JSON. */
  readonly messageMaxBytes: number
}

/** The state of one key as it was last committed. */
export interface StoredState {
  readonly version: number
  readonly sequence: number
  readonly lastPosition: number
  readonly revision: number
  readonly data: unknown
}

/** How far one subscription has come in one partition of one source. */
export interface Checkpoint {
  readonly source: string
  readonly partition: number
  readonly position: number
  /** Of these, how many were dealt with; the rest is parked. */
  readonly done: number
}

/** A message set aside. */
export interface ParkedMessage extends ParkedWrite {
  readonly number: number
  readonly message: LogRow
}

/** Which parked messages to list; all of them when nothing is said. Ordered by number. */
export interface ParkedFilter {
  readonly subscription?: string
  readonly key?: string
  readonly status?: readonly ParkedStatus[]
  readonly afterNumber?: number
  readonly limit: number
}

/** A timer that waits. */
export interface StoredTimer {
  readonly unit: string
  readonly key: string
  readonly name: string
  readonly dueMs: number
  readonly correlationId: string
  readonly traceparent: string
}

/** A generation of a projection: the one that serves, or one that is being built beside it. */
export interface Generation {
  readonly projection: string
  readonly generation: number
  readonly revision: number
  readonly status: 'live' | 'building'
}

/** The stored answer to a command with an idempotency key. */
export interface StoredAnswer {
  readonly fingerprint: string
  /** Where the row is that the command led to, or why it was refused. */
  readonly outcome: { readonly partition: number; readonly position: number } | { readonly refusal: unknown }
}

/** What a commit gave: the positions of its log rows in the order of the batch, and the numbers of its parked messages. */
export interface Committed {
  readonly positions: readonly number[]
  readonly parkedNumbers: readonly number[]
}

/**
 * The database of one service; only that service touches it.
 *
 * `commit` writes all of a batch or nothing, durably, before it resolves: states by their expected versions,
 * checkpoints by compare-and-set, log rows with the next positions of their partitions in the order of the batch. While
 * it is written, no lease of its fences goes to another.
 * Rows become visible to readers only when committed, in the order of their positions. It fails with
 * `VERSION_CONFLICT` or `CHECKPOINT_CONFLICT` (nothing written, read again and decide again), with `LEASE_LOST` (nothing
 * written, another instance goes on with it), with `STORE_FULL` or
 * `STORE_UNAVAILABLE` (nothing written; later calls may succeed), or with `STORE_CORRUPT` (nothing served any more).
 * After a failed sync the store closes its files and opens them again before the next commit; it never syncs twice.
 * Calls may overlap; each reads a committed state. Values are plain JSON and come back equal. Keys are compared and
 * ordered by code point; one with half a surrogate pair fails with `KEY_INVALID` when it is written. Data of a message
 * above `messageMaxBytes` fails with `MESSAGE_TOO_LARGE`, a generation that is not there with `UNIT_UNKNOWN`, a
 * partition or position that cannot be with `PARTITION_UNKNOWN` or `POSITION_INVALID`.
 */
export interface Store extends Feed {
  readonly guarantees: StoreGuarantees
  readonly partitions: number
  /** Who does what, where several instances share the store; without it the store belongs to one. */
  readonly leases?: Leases
  /** What can be done about old ranges of the log; without it all of the log stays. */
  readonly retention?: Retention

  commit(batch: Batch): Promise<Committed>

  /** The states of these keys; keys without a state are left out. */
  states(unit: string, keys: readonly string[]): Promise<ReadonlyMap<string, StoredState>>
  /** States of a unit in the order of their keys, behind `afterKey`. */
  listStates(
    unit: string,
    afterKey: string,
    limit: number
  ): Promise<readonly (StoredState & { readonly key: string })[]>
  /** What unit and key said, oldest first, up to and with `uptoPosition` of their partition (all when left out). */
  history(unit: string, key: string, uptoPosition?: number): Promise<readonly LogRow[]>

  checkpoints(subscription: string): Promise<readonly Checkpoint[]>
  answer(idempotencyKey: string): Promise<StoredAnswer | undefined>

  /** Timers in the order in which they are due, at most `limit`; of these units only, when some are named. */
  timers(limit: number, units?: readonly string[]): Promise<readonly StoredTimer[]>
  /** How many timers wait. */
  timerCount(): Promise<number>
  parked(filter: ParkedFilter): Promise<readonly ParkedMessage[]>
  /** How many messages are parked, by subscription and status. */
  parkedCounts(): Promise<
    readonly { readonly subscription: string; readonly status: ParkedStatus; readonly count: number }[]
  >
  /** The subscriptions and keys that have parked messages, each once. */
  parkedKeys(): Promise<readonly { readonly subscription: string; readonly key: string }[]>
  /** What people did, the newest first. */
  audit(limit: number): Promise<readonly AuditWrite[]>

  /** Rows of a generation by key; missing keys are left out. */
  rows(projection: string, generation: number, keys: readonly string[]): Promise<ReadonlyMap<string, unknown>>
  query(projection: string, generation: number, query: Query): Promise<QueryPage>
  /** A hash over all rows of a generation in canonical JSON and key order; equal rows give equal hashes. */
  rowsHash(projection: string, generation: number): Promise<{ readonly rows: number; readonly hash: string }>

  generations(projection: string): Promise<readonly Generation[]>
  /**
   * Adds a generation with its own empty rows and the declared indexes; the first of a projection is live at once.
   * One that is there already fails with `VERSION_CONFLICT`; with a fence it may fail with `LEASE_LOST`.
   */
  addGeneration(
    projection: string,
    generation: number,
    revision: number,
    indexes: readonly string[],
    status: 'live' | 'building',
    fence?: Fence
  ): Promise<void>
  /**
   * Makes a generation the live one and drops the others, with their rows and the checkpoints and parked messages of
   * their subscriptions, in one transaction. With a fence it fails with `LEASE_LOST` as a commit does.
   */
  swapGeneration(projection: string, generation: number, fence?: Fence): Promise<void>
  /**
   * Drops a generation that was being built, with its rows, checkpoints and parked messages. The one that serves
   * fails with `REBUILD_IMPOSSIBLE`; with a fence it may fail with `LEASE_LOST`.
   */
  dropGeneration(projection: string, generation: number, fence?: Fence): Promise<void>

  /** Checks the files and reports what is wrong; empty when nothing is. */
  check(): Promise<readonly string[]>
  /** Waits for the commit under way and closes; later calls fail with `STOPPING`, but closing again does nothing. */
  close(): Promise<void>
}

/** The subscription of a unit; generations of a projection have their own. */
export function subscriptionName(unit: string, generation = 1): string {
  return generation === 1 ? unit : `${unit}@${generation}`
}

/** The unit of a subscription: what is leased to one instance is the unit, with all generations. */
export function unitOf(subscription: string): string {
  const at = subscription.indexOf('@')
  return at < 0 ? subscription : subscription.slice(0, at)
}
