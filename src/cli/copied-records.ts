import { createHash } from 'node:crypto'
import {
  recordLine,
  type StoreReader,
  type StoreRecord,
  type StoreSource,
  type StoreTable,
  type StoreTarget,
  storeTables
} from '../ports/index.ts'

const recordsMost = 2_000
const recordsFirst = 100
/** Pages grow and shrink with what is in them. */
const pageLengthLeast = 1_048_576
const pageLengthMost = 8 * 1_048_576

/** What one side has beside its log. */
export interface RecordsRead {
  readonly counts: ReadonlyMap<StoreTable, number>
  readonly hash: string
}

/** Reads all records of a store in their order, gives each page to `taken`, and hashes what was read. */
async function readRecords(
  reader: StoreReader,
  taken: (page: readonly StoreRecord[]) => Promise<void>
): Promise<RecordsRead> {
  const hash = createHash('sha256')
  const counts = new Map<StoreTable, number>()
  for (const table of storeTables) {
    let limit = recordsFirst
    let after: StoreRecord | undefined
    let count = 0
    for (;;) {
      const page = await reader.page(table, after, limit)
      after = page.at(-1)
      if (after === undefined) break
      await taken(page)
      const text = page.map((record) => `${recordLine(record)}\n`).join('')
      hash.update(text)
      count += page.length
      if (text.length > pageLengthMost) limit = Math.max(1, Math.floor(limit / 4))
      else if (text.length < pageLengthLeast) limit = Math.min(recordsMost, limit * 2)
    }
    counts.set(table, count)
  }
  return { counts, hash: hash.digest('hex') }
}

/**
 * Copies all records in place of those that an earlier attempt left, and reads them on both sides: each side is hashed
 * as it is read, the target after it was written.
 */
export async function copyRecords(
  source: StoreSource,
  target: StoreTarget
): Promise<{ readonly source: RecordsRead; readonly target: RecordsRead }> {
  await target.clear('records')
  const read = await readRecords(source, (page) => target.append(page))
  return { source: read, target: await readRecords(target, async () => undefined) }
}
