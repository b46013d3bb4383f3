import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { lineBreak } from './log-line.ts'

/** The log rows of one commit. */
export interface TailRow {
  readonly number: number
  readonly count: number
  /** Characters in all lines. */
  readonly length: number
  /** The heads of the log behind this commit. */
  readonly heads: readonly number[]
}

/** So many log rows, commits or characters wait before they are moved to blocks. */
const countMax = 2_048
const rowsMax = 4_096
const lengthMax = 2 * 1_048_576

/**
 * The newest rows of the log, in the order of the commits: a commit appends one row of the tail at one place of the
 * file, not one row for each partition, which would write a page for each. In memory is only where they are.
 */
export class LogTail {
  readonly #insert: StatementSync
  readonly #one: StatementSync
  readonly #all: StatementSync
  readonly #clear: StatementSync
  #rows: TailRow[] = []
  #count = 0
  #length = 0
  #recent: { readonly number: number; readonly lines: readonly string[] } | undefined

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO tail (number, lines) VALUES (?, ?)')
    this.#one = db.prepare('SELECT lines FROM tail WHERE number = ?')
    this.#all = db.prepare('SELECT number, lines FROM tail ORDER BY number')
    this.#clear = db.prepare('DELETE FROM tail')
  }

  /** The rows of the tail, oldest first. */
  get rows(): readonly TailRow[] {
    return this.#rows
  }

  /** Every commit of the tail with its lines, as the file has them now. */
  all(): readonly { readonly number: number; readonly lines: readonly string[] }[] {
    return this.#all.all().map((row) => ({
      number: row['number'] as number,
      lines: (row['lines'] as string).split(lineBreak)
    }))
  }

  /** The lines of one row. */
  lines(number: number): readonly string[] {
    if (this.#recent?.number === number) return this.#recent.lines
    const lines = String(this.#one.get(number)?.['lines']).split(lineBreak)
    this.#recent = { number, lines }
    return lines
  }

  /** Writes a row; it is to be kept once it is committed. */
  write(lines: readonly string[], heads: readonly number[]): TailRow {
    const number = (this.#rows.at(-1)?.number ?? 0) + 1
    const text = lines.join(lineBreak)
    this.#insert.run(number, text)
    return { number, count: lines.length, length: text.length, heads }
  }

  keep(row: TailRow): void {
    this.#rows.push(row)
    this.#count += row.count
    this.#length += row.length
  }

  /** Whether it is time to move all rows to blocks, counting one that is not kept yet. */
  isFullWith(row: TailRow): boolean {
    const { count, length } = row
    return (
      this.#count + count >= countMax ||
      this.#rows.length + 1 >= rowsMax ||
      this.#length + length >= lengthMax
    )
  }

  /** Removes all rows from the file; `forget` follows when that is committed. */
  clear(): void {
    this.#clear.run()
  }

  forget(): void {
    this.#rows = []
    this.#count = 0
    this.#length = 0
    this.#recent = undefined
  }
}
