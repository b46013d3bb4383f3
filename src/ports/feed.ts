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
   * with `FEED_UNAVAILABLE`, and with `LOG_ARCHIVED` where rows behind `after` were archived.
   */
  read(partition: number, after: number, limit: number): Promise<readonly LogRow[]>
  /** The last position of each partition, 0 when it is empty; its length is the number of partitions. */
  heads(): Promise<readonly number[]>
  /** The first position that can be read, the same in each partition; without it, all of the log is there. */
  firstPosition?(): Promise<number>
  /**
   * Says how far a subscriber has committed, in each partition, so that nothing behind that is archived; the first time
   * makes it known. It is what counts from then on, also when it is less than before. Without it nothing is archived.
   * Fails with `POSITION_INVALID` when there are not that many partitions or one is beyond its head, and with
   * `KEY_INVALID` when the name is empty, has more than 200 characters, a `/` or a control character.
   */
  acknowledge?(subscriber: string, positions: readonly number[]): Promise<void>
}
