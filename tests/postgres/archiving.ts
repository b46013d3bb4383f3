import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import {
  type LogNeeds,
  type LogRow,
  logLine,
  type RangeCopy,
  type Retention,
  type Store
} from '../../src/ports/index.ts'

/** Nobody is known to need the log but who says so. */
export const noNeeds: LogNeeds = { machines: new Map(), readers: [] }

/** What can be done about old ranges of a store that keeps its log in them. */
export function retentionOf({ retention }: Store): Retention {
  expect(retention).toBeDefined()
  return retention as Retention
}

/** The rows of a range, by partition and position. */
export async function rowsOf(
  store: Store,
  { first, last }: { readonly first: number; readonly last: number }
): Promise<readonly LogRow[]> {
  const rows: LogRow[] = []
  for (let partition = 0; partition < store.partitions; partition++)
    for (let after = first - 1; after < last; ) {
      const page = await store.read(partition, after, last - after)
      expect(page.length).toBeGreaterThan(0)
      rows.push(...page)
      after += page.length
    }
  return rows
}

/** What `archive` is told of a range. */
export async function copyOf(store: Store): Promise<RangeCopy & { readonly kept: readonly LogRow[] }> {
  const [oldest] = await retentionOf(store).ranges()
  expect(oldest).toBeDefined()
  const { first, last } = oldest as { first: number; last: number }
  const kept = await rowsOf(store, { first, last })
  const hash = createHash('sha256')
  for (const row of kept) hash.update(`${logLine(row)}\n`)
  return { first, last, rows: kept.length, hash: hash.digest('hex'), kept }
}

/** Archives the oldest range and gives its rows. */
export async function archiveOldest(store: Store): Promise<readonly LogRow[]> {
  const { kept, ...copy } = await copyOf(store)
  await retentionOf(store).archive(copy, noNeeds, 'test')
  return kept
}

/** These rows, as a range is put back. */
export function given(rows: readonly LogRow[]): () => AsyncIterable<LogRow> {
  return async function* () {
    yield* rows
  }
}
