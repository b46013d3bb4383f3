import type { LogRow } from './log-row.ts'

/**
 * A service's log as others read it. Positions of a partition are 1, 2, 3 ... without holes and become visible in
 * that order; what was read once is the same for ever. Reading from 0 gives everything.
 */
export interface Feed {
  readonly service: string
  /** Several processes say something in it: what one of them announces is not all there is. */
  readonly shared?: boolean
  /**
   * Up to `limit` rows behind `after`, in order: fewer where they are large, empty only when there are none yet. Fails
   * with `FEED_UNAVAILABLE`.
   */
  read(partition: number, after: number, limit: number): Promise<readonly LogRow[]>
  /** The last position of each partition, 0 when it is empty; its length is the number of partitions. */
  heads(): Promise<readonly number[]>
}
