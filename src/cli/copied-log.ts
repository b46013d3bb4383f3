import { createHash, type Hash } from 'node:crypto'
import { Failure } from '../core/index.ts'
import { type LogRow, logLine, type StoreReader, type StoreSource, type StoreTarget } from '../ports/index.ts'

const rowsAtOnce = 1_000

/** What is at the place does not begin as what is copied: it came from elsewhere, or was damaged. */
export class CopyDiffers extends Error {}

interface Partition {
  /** Up to here both sides were read and are the same. */
  position: number
  readonly source: Hash
  readonly target: Hash
}

function textOf(rows: readonly LogRow[]): string {
  return rows.map((row) => `${logLine(row)}\n`).join('')
}

/** So many rows behind a position, in as many pages as that takes. */
async function rowsOf(
  reader: StoreReader,
  partition: number,
  after: number,
  count: number
): Promise<readonly LogRow[]> {
  const rows: LogRow[] = []
  while (rows.length < count) {
    const page = await reader.read(partition, after + rows.length, count - rows.length)
    if (page.length === 0) break
    rows.push(...page)
  }
  return rows
}

/**
 * The log of a store on its way to another place. It is read on both sides, each time from where it was left, so a copy
 * that was interrupted goes on behind the rows that are there, and all of them are compared.
 */
export class CopiedLog {
  readonly #source: StoreSource
  readonly #target: StoreTarget
  #partitions: readonly Partition[] = []

  constructor(source: StoreSource, target: StoreTarget) {
    this.#source = source
    this.#target = target
  }

  /** How many rows are copied and compared. */
  get rows(): number {
    return this.#partitions.reduce((sum, { position }) => sum + position, 0)
  }

  /**
   * Copies and compares up to where the log ends now; gives how many rows that were. Fails with `CopyDiffers` when the
   * target has other rows.
   */
  async follow(told: (rows: number) => void = () => undefined): Promise<number> {
    const heads = await this.#source.heads()
    const there = await this.#target.heads()
    if (this.#partitions.length === 0)
      this.#partitions = heads.map(() => ({
        position: 0,
        source: createHash('sha256'),
        target: createHash('sha256')
      }))
    const before = this.rows
    for (const [number, partition] of this.#partitions.entries()) {
      const [head = 0, arrived = 0] = [heads[number], there[number]]
      if (arrived > head) throw new CopyDiffers(`Partition ${number} ends at ${arrived}, not ${head}.`)
      while (partition.position < head) {
        await this.#page(number, partition, head, arrived)
        told(this.rows)
      }
    }
    return this.rows - before
  }

  async #page(number: number, partition: Partition, head: number, arrived: number): Promise<void> {
    const { position } = partition
    const rows = await this.#source.read(number, position, Math.min(rowsAtOnce, head - position))
    if (rows.length === 0)
      throw new Failure('STORE_CORRUPT', {
        hint: `Row ${this.#source.service}:${number}:${position + 1} is missing. See skerry doctor.`
      })
    if (position + rows.length > arrived) await this.#target.appendLog(rows)
    const copied = await rowsOf(this.#target, number, position, rows.length)
    const [text, copy] = [textOf(rows), textOf(copied)]
    if (text !== copy) throw new CopyDiffers(`Rows of partition ${number} behind ${position} differ.`)
    partition.source.update(text)
    partition.target.update(copy)
    partition.position += rows.length
  }

  /** A hash of all rows on either side. */
  hashes(): { readonly source: string; readonly target: string } {
    const of = (side: 'source' | 'target'): string =>
      this.#partitions.map((partition) => partition[side].copy().digest('hex')).join('\n')
    return { source: of('source'), target: of('target') }
  }
}
