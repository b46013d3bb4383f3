import { cloudEventsBatchType, type LogRow, rowOfCloudEvent } from '../../ports/index.ts'
import { type Asking, askFeed, type FeedRequest, invalid } from './feed-request.ts'
import type { HttpFeedSettings } from './options.ts'

/** Rows of one answer, how large it was, and whether it will always be the same. */
export interface RowsAnswer {
  readonly rows: readonly LogRow[]
  /** There were fewer rows than asked for: behind them is nothing yet, or they are large. */
  readonly last: boolean
  readonly bytes: number
  readonly immutable: boolean
}

/** Which rows are asked for. */
export interface RowsRequest extends Asking {
  readonly service: string
  /** The address without the limit. */
  readonly url: string
  /** The last position known of a partition; undefined for a partition that was not asked for. */
  readonly after: (partition: number) => number | undefined
  readonly limit: number
  readonly waitMs?: number
}

/** The rows of a batch, each checked to be the next one of its partition. */
function rowsOf(request: RowsRequest, url: string, body: unknown): LogRow[] {
  const refuse = (hint: string): never => {
    throw invalid({ service: request.service, url }, hint)
  }
  if (!Array.isArray(body)) return refuse('The batch is not a JSON array.')
  if (body.length > request.limit)
    refuse(`The batch has ${body.length} events; ${request.limit} were asked for.`)
  const seen = new Map<number, number>()
  return body.map((event: unknown, index) => {
    const row = rowOfCloudEvent(event)
    if ('problem' in row)
      return refuse(`Event ${index} of the batch: ${row.attribute || 'it'} ${row.problem}.`)
    if (row.service !== request.service)
      return refuse(`Event ${index} of the batch is of ${row.service}, not of ${request.service}.`)
    const last = seen.get(row.partition) ?? request.after(row.partition)
    if (last === undefined)
      return refuse(`Event ${index} of the batch is of partition ${row.partition}, not asked for.`)
    if (row.position !== last + 1)
      return refuse(
        `Event ${index} of the batch is at position ${row.position} of partition ${row.partition}; ${last + 1} was due.`
      )
    seen.set(row.partition, row.position)
    return row
  })
}

/** Asks for rows; when the answer is too large for the memory or the time that it has, for half as many, down to one. */
export async function askRows(
  request: RowsRequest,
  settings: HttpFeedSettings,
  full: number
): Promise<RowsAnswer> {
  for (let limit = request.limit; ; limit = Math.ceil(limit / 2)) {
    const url = limit === full ? request.url : `${request.url}&limit=${limit}`
    const ask: FeedRequest = {
      service: request.service,
      url,
      mediaType: cloudEventsBatchType,
      closed: request.closed,
      heard: request.heard,
      ...(request.waitMs !== undefined && { waitMs: request.waitMs })
    }
    const answer = await askFeed(ask, settings)
    if (!answer.tooLarge) {
      const { body, bytes, immutable } = answer
      const rows = rowsOf({ ...request, limit }, url, body)
      // Something on the way may say of every answer that it never changes; of one with room in it that is not true.
      return { rows, last: rows.length < limit, bytes, immutable: immutable && rows.length === full }
    }
    if (limit === 1) throw answer.failure
  }
}
