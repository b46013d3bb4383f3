import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { type BatchPosition, type LogRow, type NewLogRow, storableKey } from '../../ports/index.ts'
import type { LogPlace } from './answer-table.ts'
import { LogBlocks, partitionSpan } from './log-blocks.ts'
import { lineBreak, lineOf, placeOf, rowsOf } from './log-line.ts'
import { LogTail } from './log-tail.ts'

/** A read ends behind the rows with which it has come to so many characters: rows are large or many, not both. */
const readLengthMax = 2 * 1_048_576

/** Rows that were written but are not committed yet. */
export interface WrittenRows {
  readonly positions: readonly number[]
  /** Where a row of the batch is. Fails with `POSITION_INVALID` when the batch has no such row. */
  placeOf(row: number): LogPlace
  /** Makes the new rows part of the log, once they are committed. */
  settle(): void
}

/** Replaces the index of a row in its batch by that row's position. */
export function resolvePosition(position: BatchPosition, positions: readonly number[]): number {
  if (typeof position === 'number') return position
  const resolved = positions[position.row]
  if (resolved === undefined)
    throw new Failure('POSITION_INVALID', { hint: `The batch has no row ${position.row}.` })
  return resolved
}

/** The log of one service: its newest rows are in the tail, by commit, the others in blocks, by partition. */
export class LogTable {
  readonly #service: string
  readonly #partitions: number
  readonly #dataMaxBytes: number
  readonly #blocks: LogBlocks
  readonly #tail: LogTail
  /** The last position of each partition that is in a block. */
  #inBlocks: readonly number[]

  constructor(db: DatabaseSync, service: string, partitions: number, dataMaxBytes: number) {
    this.#service = service
    this.#partitions = partitions
    this.#dataMaxBytes = dataMaxBytes
    this.#blocks = new LogBlocks(db)
    this.#inBlocks = Array.from({ length: partitions }, (_, partition) => this.#blocks.last(partition))
    this.#tail = new LogTail(db)
    for (const { number, lines } of this.#tail.all()) {
      const length = lines.reduce((sum, line) => sum + line.length, 0)
      this.#tail.keep({ number, count: lines.length, length, heads: headsBehind(this.heads, lines) })
    }
  }

  /** The last position of each partition that is committed. */
  get heads(): readonly number[] {
    return this.#tail.rows.at(-1)?.heads ?? this.#inBlocks
  }

  /** Writes rows behind the heads, in their order. */
  write(rows: readonly NewLogRow[]): WrittenRows {
    const heads = [...this.heads]
    const positions = rows.map(({ partition }) => {
      this.#checkPartition(partition)
      const position = (heads[partition] as number) + 1
      heads[partition] = position
      return position
    })
    const placeOf = (row: number): LogPlace => {
      const position = resolvePosition({ row }, positions)
      return { partition: (rows[row] as NewLogRow).partition, position }
    }
    if (rows.length === 0) return { positions, placeOf, settle: () => undefined }
    const lines = rows.map((row, index) => {
      storableKey(row.key)
      const previous = resolvePosition(row.previous, positions)
      return lineOf(row, positions[index] as number, previous, this.#dataMaxBytes)
    })
    return { positions, placeOf, settle: this.#writeLines(lines, heads) }
  }

  #writeLines(lines: readonly string[], heads: readonly number[]): () => void {
    const row = this.#tail.write(lines, heads)
    if (!this.#tail.isFullWith(row)) return () => this.#tail.keep(row)
    this.#moveToBlocks()
    return () => {
      this.#tail.forget()
      this.#inBlocks = heads
    }
  }

  #moveToBlocks(): void {
    const parts: string[][] = this.#inBlocks.map(() => [])
    for (const { lines } of this.#tail.all())
      for (const line of lines) parts[placeOf(line).partition]?.push(line)
    for (const [partition, lines] of parts.entries())
      if (lines.length > 0) this.#blocks.write(partition, (this.#inBlocks[partition] as number) + 1, lines)
    this.#tail.clear()
  }

  #checkPartition(partition: number): void {
    if (Number.isInteger(partition) && partition >= 0 && partition < this.#partitions) return
    const hint = `${this.#service} has the partitions 0 to ${this.#partitions - 1}, not ${partition}.`
    throw new Failure('PARTITION_UNKNOWN', { hint })
  }

  /** Up to `limit` rows behind `after`; fewer where they are large, but one at least when there is one. */
  read(partition: number, after: number, limit: number): readonly LogRow[] {
    this.#checkPartition(partition)
    if (!Number.isInteger(after) || after < 0 || after >= partitionSpan)
      throw new Failure('POSITION_INVALID', { hint: `${after} is not a whole number from 0.` })
    const end = Math.min(this.heads[partition] as number, after + limit)
    const rows: LogRow[] = []
    let length = 0
    for (let next = after + 1; next <= end && length < readLengthMax; next = after + rows.length + 1) {
      const lines = this.#linesFrom(partition, next, end)
      length += lines.length
      const found = rowsOf(this.#service, lines)
      if (found.length === 0) throw this.#missing(partition, next)
      for (const [index, row] of found.entries()) {
        if (row.partition !== partition || row.position !== next + index)
          throw this.#missing(partition, next + index)
        rows.push(row)
      }
    }
    return rows
  }

  #missing(partition: number, position: number): Failure {
    const hint = `Row ${this.#service}:${partition}:${position} is not where the log has it.`
    return new Failure('STORE_CORRUPT', { hint, partition, position })
  }

  /** Lines from a position on, up to `end` or to the end of the block or tail row, joined. */
  #linesFrom(partition: number, position: number, end: number): string {
    if (position > (this.#inBlocks[partition] as number)) {
      const { first, lines } = this.#inTail(partition, position)
      return lines.slice(position - first, end - first + 1).join(lineBreak)
    }
    const { first, count, lines } = this.#blocks.block(partition, position)
    if (position === first && end >= first + count - 1) return lines
    return lines
      .split(lineBreak)
      .slice(position - first, end - first + 1)
      .join(lineBreak)
  }

  /** The lines of the partition in the tail row that has this position. */
  #inTail(
    partition: number,
    position: number
  ): { readonly first: number; readonly lines: readonly string[] } {
    const { rows } = this.#tail
    let [low, high] = [0, rows.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((rows[middle]?.heads[partition] as number) < position) low = middle + 1
      else high = middle
    }
    const head = `[${partition},`
    const before = rows[low - 1]?.heads ?? this.#inBlocks
    const lines = this.#tail.lines(rows[low]?.number ?? 0).filter((line) => line.startsWith(head))
    return { first: (before[partition] as number) + 1, lines }
  }

  /** The row at `last` and those before it in its chain, oldest first, without those behind `upto`. */
  chain(partition: number, last: number, upto: number): readonly LogRow[] {
    const rows: LogRow[] = []
    let position = last
    while (position > 0) {
      const row = this.#row(partition, position)
      if (row.position <= upto) rows.push(row)
      position = row.previous
    }
    return rows.reverse()
  }

  #row(partition: number, position: number): LogRow {
    const [row] = rowsOf(this.#service, this.#line(partition, position) ?? '')
    if (row?.partition === partition && row.position === position && row.previous < position) return row
    throw this.#missing(partition, position)
  }

  #line(partition: number, position: number): string | undefined {
    if (position <= (this.#inBlocks[partition] as number)) return this.#blocks.line(partition, position)
    const { first, lines } = this.#inTail(partition, position)
    return lines[position - first]
  }
}

function headsBehind(heads: readonly number[], lines: readonly string[]): readonly number[] {
  const next = [...heads]
  for (const line of lines) {
    const { partition, position } = placeOf(line)
    next[partition] = position
  }
  return next
}
