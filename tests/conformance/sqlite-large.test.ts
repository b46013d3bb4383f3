import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { emptyBatch, type LogRow, type NewLogRow } from '../../src/ports/index.ts'

const rowsInAll = 60
const characters = 400_000

const large = (index: number): NewLogRow => ({
  partition: 0,
  kind: 'event',
  type: 'ChartDrawn',
  version: 1,
  unit: 'chart',
  key: 'bay',
  sequence: 0,
  previous: 0,
  timeMs: 1,
  correlationId: 'c',
  causationId: 'd',
  traceparent: 't',
  data: { index, ink: 'x'.repeat(characters) }
})

test('a read of large rows ends early, with one at least, and the next goes on behind it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-large-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const store = await sqliteStore({ service: 'harbour', file: join(directory, 'harbour.db'), partitions: 2 })
  onTestFinished(() => store.close())
  // The last commit stays in the tail, the others are in blocks by then.
  for (let index = 0; index < rowsInAll; index += 4)
    await store.commit({ ...emptyBatch, log: [0, 1, 2, 3].map((next) => large(index + next)) })
  const seen: LogRow[] = []
  let reads = 0
  for (
    let more = await store.read(0, 0, 1_000);
    more.length > 0;
    more = await store.read(0, seen.length, 1_000)
  ) {
    expect(JSON.stringify(more).length).toBeLessThan(4_000_000)
    seen.push(...more)
    reads += 1
  }
  expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: rowsInAll }, (_, at) => at + 1))
  expect(seen.map(({ data }) => (data as { index: number }).index)).toEqual(Array.from(seen.keys()))
  expect(reads).toBeLessThan(rowsInAll / 3)
  expect(await store.read(0, 40, 1)).toHaveLength(1)
  expect(await store.check()).toEqual([])
})
