import { Failure } from '../core/index.ts'
import { type Feed, type FeedHeads, feedPageRows, feedWaitMaxMs, type LogRow } from '../ports/index.ts'
import { type FeedSource, HeldAnswers } from './held-answers.ts'

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

function waitMsOf(query: FeedQuery): number {
  return query.waitMs === undefined ? 0 : wholeNumber('waitMs', query.waitMs, 0, feedWaitMaxMs)
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

class PagesOfFeed implements FeedPages {
  readonly #feed: Feed
  readonly #held: HeldAnswers
  #partitions = 0

  constructor(source: FeedSource) {
    this.#feed = source.feed
    this.#held = new HeldAnswers(source)
  }

  async heads(): Promise<FeedHeads> {
    const [heads, first = 1] = await Promise.all([this.#heads(), this.#feed.firstPosition?.()])
    const { service } = this.#feed
    return { service, pageRows: feedPageRows, heads, ...(first > 1 ? { first } : {}) }
  }

  async page(partitionText: string, query: FeedQuery, gone?: AbortSignal): Promise<FeedPage> {
    const partition = await this.#partitionOf(partitionText)
    const after = wholeNumber('after', query.after ?? '0', 0, Number.MAX_SAFE_INTEGER)
    const limit = limitOf(query)
    const rows = await this.#held.rows({
      read: () => this.#feed.read(partition, after, limit),
      isNew: (row) => row.partition === partition && row.position > after,
      waitMs: waitMsOf(query),
      gone
    })
    const next = after + rows.length
    const immutable = after % feedPageRows === 0 && rows.length === feedPageRows
    return { rows, immutable, etag: `"${after}-${next}"`, next: String(next) }
  }

  async news(query: FeedQuery, gone?: AbortSignal): Promise<FeedPage> {
    const after = positionsOf(query.after ?? '', await this.#partitionCount())
    const limit = limitOf(query)
    const rows = await this.#held.rows({
      read: () => this.#readNews(after, limit),
      isNew: (row) => row.position > (after[row.partition] ?? 0),
      waitMs: waitMsOf(query),
      gone
    })
    const positions = [...after]
    for (const row of rows) positions[row.partition] = row.position
    const next = positions.join(',')
    return { rows, immutable: false, etag: `"${after.join(',')}-${next}"`, next }
  }

  stop(): void {
    this.#held.stop()
  }

  async #heads(): Promise<readonly number[]> {
    const heads = await this.#feed.heads()
    this.#partitions = heads.length
    return heads
  }

  async #partitionCount(): Promise<number> {
    return this.#partitions > 0 ? this.#partitions : (await this.#heads()).length
  }

  async #partitionOf(text: string): Promise<number> {
    const count = await this.#partitionCount()
    const partition = /^\d{1,6}$/.test(text) ? Number(text) : count
    if (partition < count) return partition
    throw new Failure('PARTITION_UNKNOWN', {
      service: this.#feed.service,
      hint: `The log of ${this.#feed.service} has the partitions 0 to ${count - 1}.`
    })
  }

  /** Who was told of a position beyond the end was told by another log, or by this one before it was put back. */
  #checkReached(after: readonly number[], heads: readonly number[]): void {
    const partition = heads.findIndex((head, index) => (after[index] ?? 0) > head)
    if (partition < 0) return
    const { service } = this.#feed
    throw new Failure('POSITION_INVALID', {
      parameter: 'after',
      hint: `'after' is at ${service}:${partition}:${after[partition]}, but that log ends at ${heads[partition]}: ${service} was put back to an older copy, or runs on other data than before.`
    })
  }

  // What one partition leaves of its share goes to the ones behind it, so that a busy one cannot starve the others.
  async #readNews(after: readonly number[], limit: number): Promise<readonly LogRow[]> {
    const heads = await this.#heads()
    this.#checkReached(after, heads)
    const behind = [...heads.entries()].filter(([partition, head]) => head > (after[partition] ?? 0))
    const rows: LogRow[] = []
    for (const [index, [partition]] of behind.entries()) {
      const share = Math.ceil((limit - rows.length) / (behind.length - index))
      if (share === 0) break
      rows.push(...(await this.#feed.read(partition, after[partition] ?? 0, share)))
    }
    return rows
  }
}

/** Serves the feed of a service; one for each feed, used by many requests at the same time. */
export function feedPages(source: FeedSource): FeedPages {
  return new PagesOfFeed(source)
}
