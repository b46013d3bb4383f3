import type { LogRow } from './log-row.ts'

/** Somebody who reads a log, as the publisher knows it. */
export interface Subscriber {
  /** The service that reads; of the log's own service also each of its subscriptions, as `service/subscription`. */
  readonly name: string
  /** How far it has committed, by partition; undefined where nothing is said of a partition. */
  readonly positions: readonly (number | undefined)[]
  /** How many rows it has not committed yet, over the partitions of which it says something. */
  readonly lag: number
  /** When it last said so, in milliseconds since 1970; undefined for a subscription of the service itself. */
  readonly reportedMs: number | undefined
}

/** A range of positions that is kept: the same span of all partitions of a log. */
export interface LogRange {
  readonly first: number
  readonly last: number
  /** How many rows are in it, over all partitions. */
  readonly rows: number
  /** What it takes of the disk, with its index. */
  readonly bytes: number
  /** The earliest time of the first rows of its partitions, and the latest of the last; undefined when it is empty. */
  readonly firstMs: number | undefined
  readonly lastMs: number | undefined
  /** Every partition has gone beyond it, so nothing is added any more. */
  readonly closed: boolean
}

/** A range that was archived: its rows are elsewhere. */
export interface ArchivedRange {
  readonly first: number
  readonly last: number
  readonly rows: number
  /** SHA-256 of its rows, as `logLine` has them, each with a line feed, by partition and position. */
  readonly hash: string
  readonly archivedMs: number
  readonly by: string
}

/** What is dropped, as whoever copied it has seen it. */
export interface RangeCopy {
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly hash: string
}

/** Why a range cannot be archived now, one sentence each. */
export interface RangeHeld {
  readonly first: number
  readonly last: number
  readonly reasons: readonly string[]
}

/** What somebody who knows the services says of who needs a log. */
export interface LogNeeds {
  /** The revisions that the machines of the service have now, by name: older states may still need the log. */
  readonly machines: ReadonlyMap<string, number>
  /** Services that read the log: nothing is archived before each of them has said how far it is. */
  readonly readers: readonly string[]
}

/**
 * What a store that keeps its log in ranges can do about old ones. The log never loses a row that somebody who is known
 * has not committed: a range is archived only when it is closed, when the service itself has said how far it is and
 * every subscriber and every subscription of the service are beyond it, and while no generation is being built and no
 * state is of another revision than its machine; that holds until it is gone. Ranges leave from the oldest on, and come
 * back from the newest on. Commits, reads and acknowledgements go on meanwhile.
 */
export interface Retention {
  /** Everybody who is known, in the order of their names by code point. */
  subscribers(): Promise<readonly Subscriber[]>
  /**
   * Forgets a subscriber, which holds nothing back any more until it reports again; of a subscription of the service
   * itself its checkpoints and parked messages. Leaves a row in the audit, which names both. Fails with `SUBSCRIBER_UNKNOWN`.
   */
  forget(name: string, by: string): Promise<void>
  /** The ranges that are kept, the oldest first. */
  ranges(): Promise<readonly LogRange[]>
  /** The ranges that were archived, the oldest first. */
  archived(): Promise<readonly ArchivedRange[]>
  /** Why the oldest `count` ranges cannot be archived now, by the names of who holds them; those that can be are left out. */
  held(count: number, needs: LogNeeds): Promise<readonly RangeHeld[]>
  /** How many states of each machine were folded by another revision than this one. */
  otherRevisions(machines: LogNeeds['machines']): Promise<ReadonlyMap<string, number>>
  /**
   * Drops the oldest range in one transaction with a note of it and a row in the audit. Fails with `LOG_KEPT`, and
   * changes nothing, when it is not the oldest, does not have so many rows, or is held: see `held`. Fails with
   * `STORE_UNAVAILABLE` when something reads the log for so long that it cannot be locked.
   */
  archive(copy: RangeCopy, needs: LogNeeds, by: string): Promise<void>
  /**
   * Puts the newest archived range back, in one transaction. `rows` gives its rows by partition and position, anew each
   * time it is called. Fails with `LOG_KEPT`, and changes nothing, when that is not the newest one, or these are not its
   * rows.
   */
  restore(first: number, rows: () => AsyncIterable<LogRow>, by: string): Promise<void>
}
