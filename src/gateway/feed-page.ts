import { Failure } from '../core/index.ts'
import {
  type Bus,
  type Clock,
  type Feed,
  type FeedHeads,
  feedPageRows,
  feedWaitMsMax,
  type LogRow
} from '../ports/index.ts'

/** What is needed to serve the feed of one service. The bus is the one on which that service announces. */
export interface FeedSource {
  readonly feed: Feed
  readonly bus: Bus
  readonly clock: Clock
}

/** The query of a request as it stands in the address. */
export interface FeedQuery {
  readonly after?: string | undefined
  readonly limit?: string | undefined
  readonly waitMs?: string | undefined
}

/** Rows of one partition (a page) or of all (news). */
export interface FeedPage {
  readonly rows: readonly LogRow[]
  /** The same request gives the same rows for ever: it may be cached without asking again. */
  readonly immutable: boolean
  /** Strong entity tag, in quotes: equal tags of one address mean equal rows. */
  readonly etag: string
  /** What to ask for next in place of `after`. */
  readonly next: string
}

/** Serves one feed as the protocol in `ports/feed-protocol.ts` has it, without knowing of HTTP. */
export interface FeedPages {
  heads(): Promise<FeedHeads>
  /**
   * One page of a partition. When it would be empty, it waits as long as the query says, or until `gone` is aborted.
   * Fails with `PARTITION_UNKNOWN`, `POSITION_INVALID`, or as the feed does.
   */
  page(partition: string, query: FeedQuery, gone?: AbortSignal): Promise<FeedPage>
  /** Rows of all partitions behind the positions in `after`. Waits and fails as `page` does. */
  news(query: FeedQuery, gone?: AbortSignal): Promise<FeedPage>
  /** Ends every wait under way, and lets nobody wait from here on. */
  stop(): void
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new Failure('POSITION_INVALID', {
    parameter: name,
    value: text.slice(0, 100),
    hint: `'${name}' must be a whole number from ${least} to ${most}.`
  })
}

function limitOf(query: FeedQuery): number {
  return query.limit === undefined ? feedPageRows : wholeNumber('limit', query.limit, 1, feedPageRows)
}

function positionsOf(after: string, partitions: number): number[] {
  const texts = after.split(',')
  if (texts.length !== partitions)
    throw new Failure('POSITION_INVALID', {
      parameter: 'after',
      hint: `'after' has ${texts.length} positions, but the log has ${partitions} partitions.`
    })
  return texts.map((text) => wholeNumber('after', text, 0, Number.MAX_SAFE_INTEGER))
}

interface Wait {
  /** Whether a row came that was waited for; false when the time is over, or nobody waits any more. */
  readonly outcome: Promise<boolean>
  end(came: boolean): void
}

/** Serves the feed of a service; one for each feed, used by many requests at the same time. */
export function feedPages(source: FeedSource): FeedPages {
  const { feed, bus, clock } = source
  const waits = new Set<Wait>()
  let partitions = 0
  let stopped = false

  const heads = async (): Promise<readonly number[]> => {
    const known = await feed.heads()
    partitions = known.length
    return known
  }
  const partitionCount = async (): Promise<number> => (partitions > 0 ? partitions : (await heads()).length)

  const startWait = (
    waitMs: number,
    isNew: (row: LogRow) => boolean,
    gone: AbortSignal | undefined
  ): Wait => {
    let settle: (came: boolean) => void = () => {}
    const outcome = new Promise<boolean>((resolve) => {
      settle = resolve
    })
    const onGone = (): void => end(false)
    const end = (came: boolean): void => {
      if (!waits.delete(wait)) return
      forget()
      cancel()
      gone?.removeEventListener('abort', onGone)
      settle(came)
    }
    const wait: Wait = { outcome, end }
    waits.add(wait)
    const cancel = clock.schedule(waitMs, () => end(false))
    const forget = bus.listen(feed.service, (rows) => {
      if (rows.some(isNew)) end(true)
    })
    gone?.addEventListener('abort', onGone)
    return wait
  }

  const readOrWait = async (
    read: () => Promise<readonly LogRow[]>,
    isNew: (row: LogRow) => boolean,
    query: FeedQuery,
    gone: AbortSignal | undefined
  ): Promise<readonly LogRow[]> => {
    const waitMs = query.waitMs === undefined ? 0 : wholeNumber('waitMs', query.waitMs, 0, feedWaitMsMax)
    if (waitMs === 0 || stopped || gone?.aborted) return read()
    // Listening begins before reading, or a row committed in between would be waited for in vain.
    const wait = startWait(waitMs, isNew, gone)
    try {
      const rows = await read()
      if (rows.length > 0) return rows
      return (await wait.outcome) ? await read() : []
    } finally {
      wait.end(false)
    }
  }

  const readNews = async (after: readonly number[], limit: number): Promise<readonly LogRow[]> => {
    const behind = [...(await heads()).entries()].filter(
      ([partition, head]) => head > (after[partition] ?? 0)
    )
    const rows: LogRow[] = []
    for (const [index, [partition]] of behind.entries()) {
      const share = Math.ceil((limit - rows.length) / (behind.length - index))
      if (share === 0) break
      rows.push(...(await feed.read(partition, after[partition] ?? 0, share)))
    }
    return rows
  }

  return {
    async heads(): Promise<FeedHeads> {
      return { service: feed.service, pageRows: feedPageRows, heads: await heads() }
    },

    async page(partitionText: string, query: FeedQuery, gone?: AbortSignal): Promise<FeedPage> {
      const count = await partitionCount()
      const partition = /^\d{1,6}$/.test(partitionText) ? Number(partitionText) : count
      if (partition >= count)
        throw new Failure('PARTITION_UNKNOWN', {
          service: feed.service,
          hint: `The log of ${feed.service} has the partitions 0 to ${count - 1}.`
        })
      const after = wholeNumber('after', query.after ?? '0', 0, Number.MAX_SAFE_INTEGER)
      const limit = limitOf(query)
      const isNew = (row: LogRow): boolean => row.partition === partition && row.position > after
      const rows = await readOrWait(() => feed.read(partition, after, limit), isNew, query, gone)
      const next = after + rows.length
      const immutable = after % feedPageRows === 0 && rows.length === feedPageRows
      return { rows, immutable, etag: `"${after}-${next}"`, next: String(next) }
    },

    async news(query: FeedQuery, gone?: AbortSignal): Promise<FeedPage> {
      const after = positionsOf(query.after ?? '', await partitionCount())
      const limit = limitOf(query)
      const isNew = (row: LogRow): boolean => row.position > (after[row.partition] ?? 0)
      const rows = await readOrWait(() => readNews(after, limit), isNew, query, gone)
      const positions = [...after]
      for (const row of rows) positions[row.partition] = row.position
      const next = positions.join(',')
      return { rows, immutable: false, etag: `"${after.join(',')}-${next}"`, next }
    },

    stop(): void {
      stopped = true
      for (const wait of waits) wait.end(false)
    }
  }
}
