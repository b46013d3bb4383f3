import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { LogRow } from '../ports/index.ts'
import { readRows, writeRows } from './range-files.ts'

const span = { first: 1, last: 3 }

function rowsOf(texts: readonly string[]): readonly LogRow[] {
  return texts.map((text, index) => ({
    service: 'sales',
    partition: 0,
    position: index + 1,
    kind: 'event',
    type: 'Noted',
    version: 1,
    unit: 'note',
    key: 'a',
    sequence: index + 1,
    previous: index,
    timeMs: 0,
    correlationId: '',
    causationId: '',
    traceparent: '',
    data: { text }
  }))
}

async function* given(rows: readonly LogRow[]): AsyncIterable<LogRow> {
  yield* rows
}

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-ranges-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

async function readAll(directory: string): Promise<readonly LogRow[]> {
  const rows: LogRow[] = []
  for await (const row of readRows(directory, 'sales', span)) rows.push(row)
  return rows
}

test('rows come back as they were, whatever ends a line elsewhere', async () => {
  const directory = emptyDirectory()
  const rows = rowsOf(['a\u2028b\u2029c', 'd\r\ne\u0085f\u000bg', '\ud800 \u{1f6a2} \u0000'])
  expect(await writeRows(directory, 'sales', span, given(rows))).toMatchObject({ ...span, rows: 3 })
  expect(await readAll(directory)).toEqual(rows)
})

test('the same rows may be written again, and others do not take their place', async () => {
  const directory = emptyDirectory()
  const rows = rowsOf(['a', 'b', 'c'])
  const first = await writeRows(directory, 'sales', span, given(rows))
  expect(await writeRows(directory, 'sales', span, given(rows))).toEqual(first)
  const others = writeRows(directory, 'sales', span, given(rowsOf(['a', 'b', 'd'])))
  await expect(others).rejects.toMatchObject({ code: 'LOG_KEPT' })
  expect(await readAll(directory)).toEqual(rows)
  expect(readdirSync(directory)).toHaveLength(1)
})

test('a log that cannot be read to its end leaves no file of that name', async () => {
  const directory = emptyDirectory()
  async function* broken(): AsyncIterable<LogRow> {
    yield* rowsOf(['a'])
    throw new Error('The server has gone away.')
  }
  await expect(writeRows(directory, 'sales', span, broken())).rejects.toThrow('gone away')
  expect(readdirSync(directory).filter((name) => name.endsWith('.gz'))).toEqual([])
})
