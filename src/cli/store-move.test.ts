import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteCopy, sqliteStore } from '../adapters/sqlite/index.ts'
import { emptyBatch, type NewLogRow, type StoreCopy } from '../ports/index.ts'
import { type MoveNews, type MoveReport, moveStore } from './store-move.ts'

const service = 'harbour'

function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-move-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'harbour.db')
}

function rowOf(data: unknown): NewLogRow {
  const context = { correlationId: '', causationId: '', traceparent: '' }
  const kind = { kind: 'event', type: 'ShipMoored', version: 1 } as const
  return {
    partition: 0,
    ...kind,
    unit: 'berth',
    key: 'a',
    sequence: 0,
    previous: 0,
    timeMs: 1,
    ...context,
    data
  }
}

async function fill(file: string, data: readonly unknown[]): Promise<void> {
  const store = await sqliteStore({ service, file, partitions: 2 })
  const { positions } = await store.commit({ ...emptyBatch, log: data.map(rowOf) })
  const state = { unit: 'berth', key: 'a', version: 1, sequence: 0, revision: 1, data: {} }
  await store.commit({
    ...emptyBatch,
    states: [{ ...state, expected: 0, lastPosition: positions.length === 0 ? 0 : 1 }]
  })
  await store.close()
}

function copyOf(file: string): StoreCopy {
  const copy = sqliteCopy({ service, file })
  onTestFinished(() => copy.close())
  return copy
}

async function moved(
  from: string,
  to: string,
  tell: (news: MoveNews) => void = () => undefined
): Promise<MoveReport> {
  const [source, target] = [copyOf(from), copyOf(to)]
  try {
    return await moveStore({ source, target, from, to }, tell)
  } finally {
    await source.close()
    await target.close()
  }
}

async function dataAt(file: string): Promise<readonly unknown[]> {
  const store = await sqliteStore({ service, file })
  onTestFinished(() => store.close())
  return (await store.read(0, 0, 100)).map(({ data }) => data)
}

test.each([
  ['other rows', ['x', 'y']],
  ['more rows', ['a', 'b', 'c', 'd']]
])('where %s of another store had arrived, all of it is copied anew', async (_, other) => {
  const [file, elsewhere, target] = [newFile(), newFile(), newFile()]
  await fill(file, ['a', 'b', 'c'])
  await fill(elsewhere, other)
  const [from, to] = [copyOf(elsewhere), copyOf(target)]
  await to.begin('move-1', 'elsewhere', 2)
  await to.appendLog(await from.read(0, 0, 100))
  await to.close()
  const news: string[] = []
  const report = await moved(file, target, ({ kind }) => news.push(kind))
  expect(report).toMatchObject({ outcome: 'moved', rows: 3 })
  expect(news).toContain('differed')
  expect(await dataAt(target)).toEqual(['a', 'b', 'c'])
})

test('a source that is damaged is not moved, and stays what it is', async () => {
  const [file, target] = [newFile(), newFile()]
  await fill(file, ['a', 'b'])
  const db = new DatabaseSync(file)
  expect(db.prepare('UPDATE state SET last_position = 7').run().changes).toBe(1)
  db.close()
  await expect(moved(file, target)).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    message: expect.stringMatching(/State: berth a is at .* skerry doctor/)
  })
  expect(await copyOf(file).mark()).toEqual({ kind: 'store' })
  expect(await copyOf(target).mark()).toEqual({ kind: 'nothing' })
})

test('a copy that reads back other records than were written is no store, and the source stays one', async () => {
  const [file, target] = [newFile(), newFile()]
  await fill(file, ['a'])
  const [source, spoilt] = [copyOf(file), copyOf(target)]
  const append = spoilt.append.bind(spoilt)
  let changed = 0
  spoilt.append = (records) =>
    append(
      records.map((record) => {
        if (record.table !== 'state') return record
        changed += 1
        return { ...record, version: record.version + 1 }
      })
    )
  const needs = { source, target: spoilt, from: file, to: target }
  await expect(moveStore(needs)).rejects.toThrow(
    'The hashes of what was read and of what was written differ.'
  )
  // Once, and once more from the beginning.
  expect(changed).toBe(2)
  await source.close()
  await spoilt.close()
  expect((await copyOf(target).mark()).kind).toBe('arriving')
  expect(await dataAt(file)).toEqual(['a'])
})

test('an empty store moves too', async () => {
  const [file, target] = [newFile(), newFile()]
  await fill(file, [])
  expect(await moved(file, target)).toMatchObject({ outcome: 'moved', rows: 0 })
  expect(await dataAt(target)).toEqual([])
  await expect(moved(file, newFile())).rejects.toMatchObject({ code: 'STORE_MOVED' })
})
