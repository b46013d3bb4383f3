import type { Feed } from './feed.ts'
import type { LogRow } from './log-row.ts'

/** What a bus says of itself; a consumer relies on nothing more. */
export interface BusGuarantees {
  readonly name: string
  /** From the first row that a listener hears, no row announced is lost while both sides run. */
  readonly lossless: boolean
  /** Rows of a partition are announced in the order of their positions. */
  readonly ordered: boolean
}

/**
 * Carries committed rows to those who listen: an accelerator, never the truth. It may lose, repeat and reorder;
 * a listener sees a hole by the positions and reads the missing rows from the feed. `announce` is called only with
 * rows that are committed, returns at once and never throws. A listener must not block and must not throw.
 */
export interface Bus {
  readonly guarantees: BusGuarantees
  /** Makes a service's feed known; a feed of the same service replaces the former. */
  offer(feed: Feed): void
  /** The feed of a service. Fails with `SERVICE_UNKNOWN` when the bus has no way to it. */
  feed(service: string): Feed
  announce(service: string, rows: readonly LogRow[]): void
  /**
   * Calls `listener` with rows of that service as they are announced, until the returned function is called. Where it
   * takes a while until rows of another process are heard, the last row of each partition is announced again then,
   * so that who listens first and reads the feed afterwards sees the hole.
   */
  listen(service: string, listener: (rows: readonly LogRow[]) => void): () => void
  close(): Promise<void>
}
