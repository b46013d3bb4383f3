import type { Feed, LogRow } from '../ports/index.ts'

/** The newest rows of one partition, without holes. */
interface Tail {
  first: number
  rows: LogRow[]
}

/**
 * What a service knows of the newest rows of one source: its heads, and the rows announced last, shared by all
 * subscriptions. Rows may be announced twice, out of order or not at all: only an unbroken run is kept, and
 * whoever needs an older row reads the feed.
 */
export class SourceTail {
  readonly feed: Feed
  readonly heads: number[] = []
  readonly #tails: Tail[] = []
  readonly #tailMax: number
  /** The sum of all heads: equal sums mean that nothing is new. */
  published = 0

  constructor(feed: Feed, bufferedMax: number) {
    this.feed = feed
    this.#tailMax = Math.max(16, Math.floor(bufferedMax / 8))
  }

  get source(): string {
    return this.feed.service
  }

  #partition(partition: number): Tail {
    for (let next = this.#tails.length; next <= partition; next++) {
      this.#tails.push({ first: 1, rows: [] })
      this.heads.push(0)
    }
    return this.#tails[partition] as Tail
  }

  /** Takes over what the source says of its heads. */
  learnHeads(heads: readonly number[]): void {
    for (const [partition, head] of heads.entries()) {
      this.#partition(partition)
      this.#raise(partition, head)
    }
  }

  #raise(partition: number, head: number): void {
    const known = this.heads[partition] as number
    if (head <= known) return
    this.heads[partition] = head
    this.published += head - known
  }

  announced(rows: readonly LogRow[]): void {
    for (const row of rows) {
      const tail = this.#partition(row.partition)
      const next = tail.first + tail.rows.length
      if (row.position < next) continue
      if (row.position > next) {
        tail.first = row.position
        tail.rows = []
      }
      tail.rows.push(row)
      if (tail.rows.length > this.#tailMax) {
        const dropped = tail.rows.length >> 1
        tail.rows.splice(0, dropped)
        tail.first += dropped
      }
      this.#raise(row.partition, row.position)
    }
  }

  /** The row at a position if it is at hand. */
  at(partition: number, position: number): LogRow | undefined {
    const tail = this.#tails[partition]
    return tail?.rows[position - tail.first]
  }
}
