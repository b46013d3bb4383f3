import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { partitionOf } from '../../src/core/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { readCommits, writerBatch, writerPartitions } from './writer-batch.ts'

function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-neighbours-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'harbour.db')
}

async function open(file: string): Promise<Store> {
  const store = await sqliteStore({ service: 'harbour', file, partitions: writerPartitions })
  onTestFinished(() => store.close())
  return store
}

const partition = (key: string): number => partitionOf(key, writerPartitions)

const insert =
  "INSERT INTO audit (time, action, subject, by, reason, details) VALUES (1, ?, 's', 'b', 'r', '{}')"

/** Another program in the middle of a transaction that is too large for its memory, so that it is in the log already. */
function writing(file: string, rows: number): DatabaseSync {
  const other = new DatabaseSync(file)
  onTestFinished(() => {
    if (other.isOpen) other.close()
  })
  other.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE')
  const note = other.prepare(insert)
  for (let row = 0; row < rows; row++) note.run('x'.repeat(1_000))
  return other
}

test('a commit that meets another program that is writing fails by name and leaves what that one wrote', async () => {
  const file = newFile()
  const store = await open(file)
  for (let commit = 1; commit <= 5; commit++) await store.commit(writerBatch(commit, partition))
  const rows = 200
  const other = writing(file, rows)
  await expect(store.commit(writerBatch(6, partition))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  other.exec('COMMIT')
  expect(other.prepare('SELECT count(*) AS count FROM audit').get()).toEqual({ count: rows })
  other.close()
  expect(await store.check()).toEqual([])
  await store.commit(writerBatch(6, partition))
  expect(await readCommits(store)).toEqual({ commits: 6, torn: [] })
  expect(await store.audit(rows + 1)).toHaveLength(rows)
})

test('a file has one owner, by whatever symbolic link it is opened', async () => {
  const file = newFile()
  const store = await open(file)
  await store.commit(writerBatch(1, partition))
  const link = `${file}-link`
  symlinkSync(file, link)
  await expect(sqliteStore({ service: 'harbour', file: link })).rejects.toMatchObject({
    code: 'STORE_LOCKED'
  })
  await store.close()
  expect((await (await open(link)).states('berth', ['Aurora'])).get('Aurora')?.version).toBe(1)
})
