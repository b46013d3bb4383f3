import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { type GroupCommit, groupCommit, StoreTrouble } from './group-commit.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function openNumbers(): Promise<{ file: string; numbers: GroupCommit<number, number> }> {
  const folder = await mkdtemp(join(tmpdir(), 'group-commit-'))
  const file = join(folder, 'made', 'when-absent', 'numbers.db')
  const numbers = groupCommit<number, number>({
    file,
    schema: 'CREATE TABLE IF NOT EXISTS number (value INTEGER NOT NULL CHECK (value > 0)) STRICT',
    prepare: (db) => {
      const add = db.prepare('INSERT INTO number VALUES (?)')
      return (value) => {
        add.run(value)
        return value * 2
      }
    }
  })
  cleanups.push(
    () => rm(folder, { recursive: true }),
    () => numbers.close()
  )
  return { file, numbers }
}

function storedIn(file: string): unknown[] {
  const db = new DatabaseSync(file, { readOnly: true })
  const values = db
    .prepare('SELECT value FROM number ORDER BY rowid')
    .all()
    .map(({ value }) => value)
  db.close()
  return values
}

test('items added at the same time are recorded in their order, each with its own result', async () => {
  const { file, numbers } = await openNumbers()
  const given = Array.from({ length: 1_200 }, (_, index) => index + 1)
  const results = await Promise.all(given.map((value) => numbers.add(value)))
  expect(results).toEqual(given.map((value) => value * 2))
  expect(storedIn(file)).toEqual(given)
})

test('a group is recorded whole or not at all, and the next one goes on', async () => {
  const { file, numbers } = await openNumbers()
  const group = await Promise.allSettled([numbers.add(1), numbers.add(-1), numbers.add(2)])
  expect(group.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(storedIn(file)).toEqual([])
  await numbers.add(3)
  expect(storedIn(file)).toEqual([3])
})

test('while another program holds the file nothing is acknowledged; afterwards writing goes on', async () => {
  const { file, numbers } = await openNumbers()
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  await expect(numbers.add(1)).rejects.toThrow(StoreTrouble)
  other.exec('ROLLBACK')
  other.close()
  await numbers.add(2)
  expect(storedIn(file)).toEqual([2])
})

test('closing commits what was added before and rejects what comes after', async () => {
  const { file, numbers } = await openNumbers()
  const before = numbers.add(7)
  numbers.close()
  expect(await before).toBe(14)
  await expect(numbers.add(8)).rejects.toThrow(StoreTrouble)
  expect(storedIn(file)).toEqual([7])
})
