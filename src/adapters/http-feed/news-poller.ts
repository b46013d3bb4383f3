import { toFailure } from '../../core/index.ts'
import {
  type Feed,
  feedPageRows,
  feedWaitMaxMs,
  hasSign,
  type LogRow,
  type RowSign,
  rowSign
} from '../../ports/index.ts'
import type { FeedAddress } from './feed-address.ts'
import { askRows } from './feed-rows.ts'
import type { FeedConnection } from './http-feed.ts'

/** So many attempts in a row fail before an outage is told. */
const outageAt = 6

type Listener = (rows: readonly LogRow[]) => void

/**
 * Asks one service for its news over and over, as long as somebody listens, and hands them on.
 *
 * It begins one row before each head: what was committed while the first answer was on its way is so announced too,
 * and a listener that has read less sees the hole. From there on nothing is left out, however long the publisher or
 * the network was away, because the positions are this side's. One answer at a time is in memory.
 */
export class NewsPoller {
  readonly #service: string
  readonly #address: FeedAddress
  readonly #feed: Feed
  readonly #connection: FeedConnection
  readonly #listeners = new Set<{ readonly listener: Listener }>()
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #positions: number[] | undefined
  /** The last row of each partition, as far as one came. */
  readonly #last = new Map<number, RowSign>()
  /** The partitions whose last row is asked for once more, until it came. */
  readonly #doubted = new Set<number>()
  #failures = 0
  #told = false

  constructor(feed: Feed, address: FeedAddress, connection: FeedConnection) {
    this.#service = feed.service
    this.#address = address
    this.#feed = feed
    this.#connection = connection
    this.#ended = this.#run()
  }

  get listened(): boolean {
    return this.#listeners.size > 0
  }

  /** Adds a listener; the returned function removes it. */
  listen(listener: Listener): () => void {
    const registration = { listener }
    this.#listeners.add(registration)
    return () => {
      this.#listeners.delete(registration)
    }
  }

  /** Ends the request under way; resolves when nothing runs any more. */
  stop(): Promise<void> {
    this.#listeners.clear()
    this.#stopping.abort()
    return this.#ended
  }

  async #run(): Promise<void> {
    const { settings } = this.#connection
    while (!this.#stopping.signal.aborted) {
      try {
        const rows = await this.#news(await this.#known())
        this.#recovered()
        this.#deliver(rows)
        // A publisher that does not hold its answer back must not be asked in a tight loop.
        if (rows.length === 0) await this.#pause(settings.retryBaseMs * settings.ids.random())
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#failed(error)
        const longestMs = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** (this.#failures - 1))
        await this.#pause(longestMs * settings.ids.random())
      }
    }
  }

  /**
   * Where it goes on: at the beginning one row before each head. After an outage the log may have been put back: where it
   * has less than was heard of it, it begins there anew.
   */
  async #known(): Promise<number[]> {
    if (this.#positions !== undefined && this.#failures === 0) return this.#positions
    const heads = await this.#feed.heads()
    if (this.#positions?.length !== heads.length) this.#forget()
    const known = this.#positions ?? []
    this.#positions = heads.map((head, partition) => {
      const position = known[partition]
      if (position !== undefined && position <= head) return position
      this.#last.delete(partition)
      this.#doubted.delete(partition)
      return Math.max(0, head - 1)
    })
    return this.#positions
  }

  /**
   * What is new behind the positions, which go on. After an outage with the last rows before it, for the log may have been
   * put back meanwhile and have come as far again: if they are as they were nobody hears of them; if not, they are
   * announced as what is said there now.
   */
  async #news(positions: number[]): Promise<readonly LogRow[]> {
    const rows = await this.#ask(
      positions.map((position, partition) => position - (this.#doubted.has(partition) ? 1 : 0))
    )
    const isNew = ({ partition, position }: LogRow): boolean => position > (positions[partition] ?? 0)
    const isSame = rows.every((row) => {
      const last = this.#last.get(row.partition)
      return isNew(row) || (last !== undefined && hasSign(row, last))
    })
    const news = isSame ? rows.filter(isNew) : rows
    for (const row of rows) {
      positions[row.partition] = row.position
      this.#last.set(row.partition, rowSign(row))
      this.#doubted.delete(row.partition)
    }
    return news
  }

  async #ask(positions: readonly number[]): Promise<readonly LogRow[]> {
    const waitMs = Math.min(this.#connection.settings.waitMs, feedWaitMaxMs)
    const { rows } = await this.#address.ask(this.#stopping.signal, (base, asking) => {
      const request = {
        service: this.#service,
        url: `${base}?after=${positions.join(',')}&waitMs=${waitMs}`,
        after: (partition: number) => positions[partition],
        limit: feedPageRows,
        waitMs,
        ...asking
      }
      return askRows(request, this.#connection.settings, feedPageRows)
    })
    return rows
  }

  #deliver(rows: readonly LogRow[]): void {
    if (rows.length === 0) return
    for (const { listener } of this.#listeners) {
      try {
        listener(rows)
      } catch (error) {
        this.#connection.settings.log?.error('A listener on the HTTP feed threw.', {
          service: this.#service,
          error
        })
      }
    }
  }

  #forget(): void {
    this.#positions = undefined
    this.#last.clear()
    this.#doubted.clear()
  }

  #failed(error: unknown): void {
    this.#failures += 1
    for (const partition of this.#last.keys()) this.#doubted.add(partition)
    const failure = toFailure(error)
    // What is no feed to these positions may be one to others: a log that was put back, has other partitions, or begins
    // later by now.
    if (failure.code === 'FEED_INVALID' || failure.code === 'LOG_ARCHIVED') this.#forget()
    // An outage is told once, not at each attempt, and when it lasts: services that start together are apart for a moment.
    const passes = failure.code === 'FEED_UNAVAILABLE'
    if (this.#told || (passes && this.#failures < outageAt)) return
    this.#told = true
    const level = passes ? 'warn' : 'error'
    this.#connection.settings.log?.[level]('The feed of another service cannot be followed; trying again.', {
      service: this.#service,
      code: failure.code,
      error: failure
    })
  }

  #recovered(): void {
    if (this.#told)
      this.#connection.settings.log?.info('The feed of another service is followed again.', {
        service: this.#service,
        failures: this.#failures
      })
    this.#failures = 0
    this.#told = false
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = this.#connection.settings.clock.schedule(ms, end)
      signal.addEventListener('abort', end)
    })
  }
}
