import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { lineBreak } from './log-line.ts'

/** A block's id is partition * 2^48 + the position of its first row: one b-tree, and no second index. */
export const partitionSpan: number = 2 ** 48

/** A block has at most so many lines, or characters unless it is one line. */
const linesMax = 256
const lengthMax = 262_144

/** Rows of one partition that follow each other. */
export interface Block {
  readonly partition: number
  readonly first: number
  readonly count: number
  /** Lines, joined by line breaks. */
  readonly lines: string
}

/** The older rows of the log, written once and never changed. */
export class LogBlocks {
  readonly #insert: StatementSync
  readonly #holding: StatementSync
  #recent: Block | undefined
  #split: readonly string[] | undefined

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO block (id, count, lines) VALUES (?, ?, ?)')
    this.#holding = db.prepare(
      'SELECT id, count, lines FROM block WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1'
    )
  }

  /** Writes lines from a position on, in as many blocks as they need. */
  write(partition: number, first: number, lines: readonly string[]): void {
    let start = 0
    let length = 0
    for (const [index, line] of lines.entries()) {
      const isFull = index - start >= linesMax || length + line.length > lengthMax
      if (isFull && index > start) {
        this.#write(partition, first + start, lines.slice(start, index))
        start = index
        length = 0
      }
      length += line.length
    }
    this.#write(partition, first + start, lines.slice(start))
  }

  #write(partition: number, first: number, lines: readonly string[]): void {
    this.#insert.run(partition * partitionSpan + first, lines.length, lines.join(lineBreak))
  }

  /** The position of the last row of a partition that is in a block; 0 when none is. */
  last(partition: number): number {
    const block = this.#before(partition, partitionSpan - 1)
    return block ? block.first + block.count - 1 : 0
  }

  /** The block with that row. Fails with `STORE_CORRUPT` when there is none. */
  block(partition: number, position: number): Block {
    const recent = this.#recent
    if (recent?.partition === partition && recent.first <= position && position < recent.first + recent.count)
      return recent
    const found = this.#before(partition, position)
    if (!found || position >= found.first + found.count)
      throw new Failure('STORE_CORRUPT', { hint: `Row ${partition}:${position} is missing from the log.` })
    this.#recent = found
    this.#split = undefined
    return found
  }

  /** The line of one row. */
  line(partition: number, position: number): string {
    const { first, lines } = this.block(partition, position)
    this.#split ??= lines.split(lineBreak)
    return this.#split[position - first] as string
  }

  #before(partition: number, position: number): Block | undefined {
    const row = this.#holding.get(partition * partitionSpan, partition * partitionSpan + position)
    return (
      row && {
        partition,
        first: (row['id'] as number) - partition * partitionSpan,
        count: row['count'] as number,
        lines: row['lines'] as string
      }
    )
  }
}
