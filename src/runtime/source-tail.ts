import { type Feed, hasSign, type LogRow, type RowSign, rowSign } from '../ports/index.ts'
import type { Taken } from './older-logs.ts'

/** The newest rows of one partition, without holes. */
interface Tail {
  first: number
  rows: LogRow[]
  /** The first position that somebody has still to take, as far as was said since the last release. */
  wanted: number
  /** The last position that somebody has taken, and what is remembered of its row if this process took it. */
  taken: number
  last: RowSign | undefined
}

function drop(tail: Tail, count: number): void {
  if (count <= 0) return
  tail.rows.splice(0, count)
  tail.first += count
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
  /** Something was taken of it that it does not have any more: what it says now stands at positions of other rows. */
  isOlder = false

  constructor(feed: Feed, bufferedMax: number) {
    this.feed = feed
    this.#tailMax = Math.max(16, Math.floor(bufferedMax / 8))
  }

  get source(): string {
    return this.feed.service
  }

  #partition(partition: number): Tail {
    for (let next = this.#tails.length; next <= partition; next++) {
      this.#tails.push({ first: 1, rows: [], wanted: Number.POSITIVE_INFINITY, taken: 0, last: undefined })
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

  /** Takes over rows that were announced. Gives whether any of them is new. */
  announced(rows: readonly LogRow[]): boolean {
    let isNew = false
    for (const row of rows) {
      const tail = this.#partition(row.partition)
      const next = tail.first + tail.rows.length
      if (row.position < next) continue
      isNew = true
      if (row.position > next) {
        tail.first = row.position
        tail.rows = []
      }
      tail.rows.push(row)
      if (tail.rows.length > this.#tailMax) drop(tail, tail.rows.length >> 1)
      this.#raise(row.partition, row.position)
    }
    return isNew
  }

  /** Says that a row and those behind it are still wanted; holds until the next `release`. */
  want(partition: number, position: number): void {
    const tail = this.#partition(partition)
    if (position < tail.wanted) tail.wanted = position
  }

  /** Says that a row, and those before it, were taken; what is to be remembered of it, if it is at hand. */
  took(partition: number, position: number, row?: RowSign): void {
    const tail = this.#partition(partition)
    if (position <= tail.taken) return
    tail.taken = position
    tail.last = row && rowSign(row)
  }

  /** Whether something was taken at this position before. */
  hasTaken({ partition, position }: LogRow): boolean {
    return position <= this.#partition(partition).taken
  }

  /** Whether something is remembered of the row that was taken last in a partition. */
  remembers(partition: number): boolean {
    return this.#partition(partition).last !== undefined
  }

  /** Whether a row is not the one that was taken at its position, which must be the last that was. */
  isOther(row: LogRow): boolean {
    const { taken, last } = this.#partition(row.partition)
    return last !== undefined && row.position === taken && !hasSign(row, last)
  }

  /** How far each partition was taken. */
  get taken(): readonly Taken[] {
    return this.#tails.map(({ taken }, partition) => ({ partition, position: taken }))
  }

  /** Lets go of the rows before those that are wanted. */
  release(): void {
    for (const tail of this.#tails) {
      drop(tail, Math.min(tail.wanted - tail.first, tail.rows.length))
      tail.wanted = Number.POSITIVE_INFINITY
    }
  }

  /** The row at a position if it is at hand. */
  at(partition: number, position: number): LogRow | undefined {
    const tail = this.#tails[partition]
    return tail?.rows[position - tail.first]
  }
}
