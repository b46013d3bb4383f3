import type { LogRow } from './log-row.ts'

/**
 * The rows of a publisher that does not wait for its broker: those that are to be sent, in order, and of those that
 * were dropped the last one of each partition, which tells listeners of all before it.
 */
export class OutgoingRows {
  readonly #counts: { dropped: number }
  #waiting: LogRow[] = []
  readonly #lastDropped = new Map<string, LogRow>()

  /** Counts there what is dropped. */
  constructor(counts: { dropped: number }) {
    this.#counts = counts
  }

  /** How many wait to be sent. */
  get size(): number {
    return this.#waiting.length
  }

  /** Takes rows to be sent, at most so many; drops the rest. */
  add(rows: readonly LogRow[], most: number): void {
    for (const [index, row] of rows.entries()) {
      if (index < most) this.#waiting.push(row)
      else this.drop(row)
    }
  }

  /** Takes the first rows out, at most so many and none behind one that does not fit. */
  take(most: number, fits: (row: LogRow) => boolean = () => true): LogRow[] {
    const bound = Math.min(most, this.#waiting.length)
    let count = 0
    while (count < bound && fits(this.#waiting[count] as LogRow)) count += 1
    return this.#waiting.splice(0, count)
  }

  /** Puts rows that were taken before all that wait, to be sent again. */
  putBack(rows: readonly LogRow[]): void {
    this.#waiting = [...rows, ...this.#waiting]
  }

  /** Leaves a row to the feed. */
  drop(row: LogRow): void {
    this.#counts.dropped += 1
    const place = `${row.service}:${row.partition}`
    if (row.position > (this.#lastDropped.get(place)?.position ?? 0)) this.#lastDropped.set(place, row)
  }

  /** Drops all that wait: without a broker they would only grow old. */
  dropAll(): void {
    for (const row of this.take(this.size)) this.drop(row)
  }

  /** Takes out the last dropped row of each partition, to be sent when there is room again. */
  takeLastDropped(): readonly LogRow[] {
    const rows = [...this.#lastDropped.values()]
    this.#lastDropped.clear()
    return rows
  }
}
