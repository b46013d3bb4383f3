/**
 * How a service's feed is read over HTTP. Three resources are read with GET and safe to repeat, one is written:
 *
 * - `{base}/{service}/feed` gives the heads: `application/json`,
 *   `{ "service": "sales", "pageRows": 256, "heads": [12, 0, ...] }`, one last position for each partition. Where older
 *   rows were archived it also has `"first": 100001`, the first position that is still there.
 * - `{base}/{service}/feed/{partition}?after=N[&limit=L][&waitMs=W]` gives a page: the rows behind position N, in
 *   order and without holes, as CloudEvents in `application/cloudevents-batch+json`; at most 256, at most L, fewer where
 *   they are large.
 * - `{base}/{service}/feed?after=N0,N1,...[&limit=L][&waitMs=W]` gives the news: the rows behind those positions (one
 *   for each partition, in their order) of all partitions in one batch of the same media type. Within a partition
 *   they are in order and without holes; at most 256, at most L over all partitions, shared fairly. A position beyond the
 *   end of its partition is refused: a log that was put back to an older copy would else be waited for in silence.
 * - `{base}/{service}/feed/subscribers/{name}` takes `{ "positions": [12, 0, ...] }` with PUT: how far that subscriber has
 *   committed, in each partition; 204. What lies behind is kept for it. A publisher that keeps everything answers 404.
 *
 * A page is full when N is a multiple of 256, no L below 256 was asked for, and 256 rows are in it. A full page never
 * changes: it is sent with `Cache-Control: public, max-age=31536000, immutable`; everything else with `no-cache`.
 * Every answer has an `ETag`, and `If-None-Match` is honoured. A page or news that would be empty is held back until
 * a row comes or W milliseconds have passed (default 0, at most 30,000); then it is answered, empty if need be.
 * `Link: <...>; rel="next"` leads from a page to the one behind it.
 *
 * Refusals are problem documents: `SERVICE_UNKNOWN`, `PARTITION_UNKNOWN`, `POSITION_INVALID` (also for a limit, a
 * wait or a number of positions that cannot be), and `LOG_ARCHIVED` with 410 for rows that were archived.
 */
export const feedPageRows = 256

/** The longest time in milliseconds that an answer is held back for. */
export const feedWaitMaxMs = 30_000

/** The body of the heads. */
export interface FeedHeads {
  readonly service: string
  readonly pageRows: number
  readonly heads: readonly number[]
  readonly first?: number
}
