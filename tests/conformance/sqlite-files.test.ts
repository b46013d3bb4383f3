import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { Failure } from '../../src/core/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { writerBatch, writerPartitions } from './writer-batch.ts'
import { WriterProcess } from './writer-process.ts'

function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-files-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'harbour.db')
}

async function open(file: string, service = 'harbour', partitions = writerPartitions): Promise<Store> {
  const store = await sqliteStore({ service, file, partitions })
  onTestFinished(() => store.close())
  return store
}

/** The failure that opening or calling ends with. */
async function failureOf(task: () => Promise<unknown>): Promise<Failure> {
  const thrown = await task().then(
    () => undefined,
    (reason: unknown) => reason
  )
  if (!(thrown instanceof Failure)) throw new Error(`No failure: ${String(thrown)}`)
  return thrown
}

/** A closed file with 60 commits in it. */
async function filled(): Promise<string> {
  const file = newFile()
  const store = await open(file)
  for (let commit = 1; commit <= 60; commit++)
    await store.commit(writerBatch(commit, (key) => key.length % 4))
  await store.close()
  return file
}

/** Changes a closed database as a newer version or another program would. */
function alter(file: string, sql: string): void {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

test('a second opening is refused by name, in this process and in another, and stops when the first is closed', async () => {
  const file = newFile()
  const store = await open(file)
  const failure = await failureOf(() => sqliteStore({ service: 'harbour', file }))
  expect([failure.code, failure.retry]).toEqual(['STORE_LOCKED', 'later'])
  expect(failure.message).toContain(file)
  const other = new WriterProcess({ file, order: 'commit first' })
  await other.end()
  expect(other.lines).toEqual(['refused STORE_LOCKED'])
  expect((await store.commit(writerBatch(1, () => 0))).positions.length).toBeGreaterThan(0)
  await store.close()
  const next = new WriterProcess({ file, order: 'commit first', commitsMax: 3 })
  await next.end()
  expect(next.lines).toEqual(['open', 'ack 2', 'ack 3', 'closed'])
})

test('a process that is killed with -9 frees its file', async () => {
  const file = newFile()
  const writer = new WriterProcess({ file, order: 'commit first' })
  await writer.until(() => writer.acknowledged > 5)
  expect((await failureOf(() => open(file))).code).toBe('STORE_LOCKED')
  await writer.kill()
  const store = await open(file)
  expect((await store.states('berth', ['Aurora'])).get('Aurora')?.version).toBeGreaterThan(5)
})

/** A file as a writer leaves it that is killed inside a transaction, before its first commit: half of it written. */
function killedInside(sql: string): string {
  const source = newFile()
  const db = new DatabaseSync(source)
  db.exec(`PRAGMA journal_mode = delete; PRAGMA cache_size = 1; ${sql}`)
  db.exec('BEGIN; CREATE TABLE half (text TEXT)')
  const insert = db.prepare('INSERT INTO half VALUES (?)')
  for (let row = 0; row < 100; row++) insert.run('x'.repeat(1000))
  const file = newFile()
  for (const end of ['', '-journal']) cpSync(`${source}${end}`, `${file}${end}`)
  db.close()
  expect(statSync(`${file}-journal`).size).toBeGreaterThan(0)
  return file
}

test('a file whose maker was killed in the middle of making it is made again', async () => {
  const store = await open(killedInside(''))
  expect((await store.commit(writerBatch(1, () => 0))).positions.length).toBeGreaterThan(0)
})

test("another program's file is refused, also when that was killed in the middle of writing it", async () => {
  const file = killedInside('CREATE TABLE theirs (text TEXT)')
  const failure = await failureOf(() => open(file))
  expect([failure.code, failure.message]).toEqual([
    'CONFIG_INVALID',
    expect.stringContaining('another program')
  ])
})

test('other programs may read the file while the store writes', async () => {
  const file = newFile()
  const store = await open(file)
  await store.commit(writerBatch(1, () => 0))
  const reader = new DatabaseSync(file, { readOnly: true })
  const versions = (): unknown[] => reader.prepare('SELECT unit, key, version FROM state').all()
  expect(versions()).toMatchObject([{ unit: 'berth', key: 'Aurora', version: 1 }])
  await store.commit(writerBatch(2, () => 0))
  expect(versions()).toMatchObject([{ version: 2 }])
  reader.close()
})

test.each([
  ['a newer version', 'PRAGMA user_version = 99', 'STORE_NEWER', /schema version 99.*newer program/],
  ['another program', 'PRAGMA application_id = 7', 'CONFIG_INVALID', /another program/],
  [
    'another service',
    "UPDATE setting SET value = 'lighthouse' WHERE name = 'service'",
    'CONFIG_INVALID',
    /lighthouse/
  ],
  [
    'other partitions',
    "UPDATE setting SET value = '9' WHERE name = 'partitions'",
    'CONFIG_INVALID',
    /9 partitions/
  ]
])('a file of %s is refused by name and left as it is', async (_, sql, code, text) => {
  const file = await filled()
  alter(file, sql)
  const before = readFileSync(file)
  const modified = statSync(file).mtimeMs
  const failure = await failureOf(() => open(file))
  expect(failure.code).toBe(code)
  expect(failure.message).toMatch(text)
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(statSync(file).mtimeMs).toBe(modified)
})

test('a number of partitions that cannot be is refused', async () => {
  for (const partitions of [0, 33, 1.5])
    expect((await failureOf(() => open(newFile(), 'harbour', partitions))).code).toBe('CONFIG_INVALID')
})

test('a directory that cannot be made, or a file that is a directory, is said so', async () => {
  const file = newFile()
  writeFileSync(file, '')
  const inside = await failureOf(() => open(join(file, 'inside', 'harbour.db')))
  expect(inside.code).toBe('STORE_UNAVAILABLE')
  expect(inside.message).toContain('cannot be made')
  const directory = await failureOf(() => open(join(file, '..')))
  expect(directory.code).toBe('STORE_UNAVAILABLE')
})

test('a file that is no database is said to be damaged', async () => {
  const file = newFile()
  const text = 'Dear diary, today the sea was calm. '.repeat(200)
  writeFileSync(file, text)
  expect((await failureOf(() => open(file))).code).toBe('STORE_CORRUPT')
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('I23: with any page overwritten, nothing wrong is served: it is right, or said to be damaged for good', async () => {
  const file = await filled()
  const pageBytes = 4_096
  const pages = statSync(file).size / pageBytes
  expect(pages).toBeGreaterThan(20)
  const whole = await open(file)
  const due = await readEverything(whole)
  await whole.close()
  const codes = new Map<string, number>()
  for (let page = 0; page < pages; page++) {
    const damaged = newFile()
    cpSync(file, damaged)
    const descriptor = openSync(damaged, 'r+')
    writeSync(descriptor, Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, page * pageBytes)
    closeSync(descriptor)
    const code = await served(damaged, due)
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  expect(codes.get('STORE_CORRUPT')).toBeGreaterThan(pages / 3)
  expect([...codes.keys()].filter((code) => code !== 'right').sort()).toEqual(['STORE_CORRUPT'])
}, 120_000)

/** All that reads give of the file that `filled` makes. */
async function readEverything(store: Store): Promise<string> {
  const logs = await Promise.all(
    (await store.heads()).map((head, partition) => store.read(partition, 0, head))
  )
  const states = [...(await store.states('berth', ['Aurora']))]
  const answers: unknown[] = []
  for (let commit = 1; commit <= 60; commit++) answers.push(await store.answer(`request-${commit}`))
  return JSON.stringify([logs, states, answers, await store.checkpoints('arrivals'), await store.timers(10)])
}

/** What a damaged file gives: `right`, or the code it fails with, then at every call. */
async function served(file: string, due: string): Promise<string> {
  let store: Store | undefined
  try {
    store = await sqliteStore({ service: 'harbour', file })
    return (await readEverything(store)) === due ? 'right' : 'wrong'
  } catch (thrown) {
    if (!(thrown instanceof Failure)) return String(thrown)
    if (store) expect((await failureOf(async () => store?.heads())).code).toBe(thrown.code)
    return thrown.code
  } finally {
    await store?.close()
  }
}
