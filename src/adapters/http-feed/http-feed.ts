import { type Feed, feedPageRows, type LogRow } from '../../ports/index.ts'
import { FeedAddress } from './feed-address.ts'
import { askWhole, type FeedRequest, invalid } from './feed-request.ts'
import { askRows, type RowsAnswer } from './feed-rows.ts'
import { FeedSubscriber } from './feed-subscriber.ts'
import { type HttpFeedOptions, type HttpFeedSettings, settingsOf } from './options.ts'
import { PageCache } from './page-cache.ts'

/** What the feeds of one bus share. */
export interface FeedConnection {
  readonly settings: HttpFeedSettings
  readonly cache: PageCache
  readonly closed: AbortSignal
}

function headsOf(request: FeedRequest, body: unknown): readonly number[] {
  const { service, heads } = (body ?? {}) as { service?: unknown; heads?: unknown }
  if (service !== request.service)
    throw invalid(request, `It is the feed of ${String(service)}, not of ${request.service}.`)
  const isPosition = (head: unknown): boolean => Number.isSafeInteger(head) && (head as number) >= 0
  if (!Array.isArray(heads) || heads.length === 0 || !heads.every(isPosition))
    throw invalid(request, "'heads' is not an array of positions.")
  return heads as number[]
}

/** The first position that a publisher still has; one that says nothing of it has all. */
function firstOf(request: FeedRequest, body: unknown): number {
  headsOf(request, body)
  const { first = 1 } = body as { readonly first?: unknown }
  if (Number.isSafeInteger(first) && (first as number) >= 1) return first as number
  throw invalid(request, "'first' is not a position.")
}

/** Reads the feed of a service by the connection that it shares with others. */
export function connectedFeed(address: FeedAddress, connection: FeedConnection): Feed {
  const { settings, cache, closed } = connection
  const { service } = address
  const subscriber = new FeedSubscriber(address, connection)

  // Only a read that begins at the boundary of a page and wants all of it asks for the page that everybody shares.
  const readOnce = (partition: number, after: number, limit: number): Promise<RowsAnswer> => {
    const untilBoundary = feedPageRows - (after % feedPageRows)
    const wanted = Math.min(limit, untilBoundary)
    const page = `${partition}?after=${after}`
    const ask = () =>
      address.ask(closed, (base, asking) => {
        const url = `${base}/${page}`
        const from = (of: number): number | undefined => (of === partition ? after : undefined)
        return askRows({ service, url, after: from, limit: wanted, ...asking }, settings, feedPageRows)
      })
    // Every instance has the same page.
    return wanted === feedPageRows ? cache.page(`${service}/${page}`, ask) : ask()
  }

  const document = (): Promise<readonly [FeedRequest, unknown]> =>
    address.ask(closed, async (url, asking) => {
      const request: FeedRequest = { service, url, mediaType: 'application/json', ...asking }
      return [request, await askWhole(request, settings)]
    })

  return {
    service,
    async read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
      let rows: readonly LogRow[] = []
      while (rows.length < limit) {
        const more = await readOnce(partition, after + rows.length, limit - rows.length).catch((thrown) => {
          // What came is not asked for once more because what follows it did not come.
          if (rows.length === 0) throw thrown
        })
        if (!more) break
        rows = rows.length === 0 ? more.rows : [...rows, ...more.rows]
        if (more.last) break
      }
      return rows
    },
    heads: async () => headsOf(...(await document())),
    firstPosition: async () => firstOf(...(await document())),
    acknowledge: (name, positions) => subscriber.acknowledge(name, positions)
  }
}

/**
 * The feed of one service read over HTTP from the process that serves it. One attempt for each call: it fails with
 * `FEED_UNAVAILABLE` when the publisher cannot be reached now, with `FEED_INVALID` and the place when what it answers
 * is not its feed. Pages that never change are kept in memory within `cacheMaxBytes`.
 */
export function httpFeed(service: string, baseUrl: string, options: HttpFeedOptions): Feed {
  const settings = settingsOf(options)
  const cache = new PageCache(settings.cacheMaxBytes)
  const address = new FeedAddress(service, () => [baseUrl], settings)
  return connectedFeed(address, { settings, cache, closed: new AbortController().signal })
}
