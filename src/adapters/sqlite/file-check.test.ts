import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { checkSqliteFile } from './file-check.ts'
import { sqliteStore } from './sqlite-store.ts'

const service = 'sales'
const pageBytes = 4_096

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'skerry-check-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

/** A closed database file with a few rows in it. */
async function storedFile(): Promise<string> {
  const file = join(directory(), `${service}.db`)
  const store = await sqliteStore({ service, file })
  await store.addGeneration('orders', 1, 1, ['status'], 'live')
  await store.close()
  return file
}

function overwrite(file: string, position: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, position)
  closeSync(descriptor)
}

const check = (file: string): readonly string[] => checkSqliteFile({ service, file })

test('a sound file has no problem, and checking it leaves it as it is', async () => {
  const file = await storedFile()
  const before = statSync(file)
  expect(before.size).toBeGreaterThan(pageBytes * 5)
  expect(check(file)).toEqual([])
  expect(statSync(file).mtimeMs).toBe(before.mtimeMs)
})

test('the file of a store that is open, or was killed, can be checked too', async () => {
  const file = await storedFile()
  const store = await sqliteStore({ service, file })
  await store.addGeneration('orders', 2, 1, [], 'building')
  expect(check(file)).toEqual([])
  const killed = directory()
  cpSync(join(file, '..'), killed, { recursive: true })
  expect(readdirSync(killed)).toContain(`${service}.db-wal`)
  expect(check(join(killed, `${service}.db`))).toEqual([])
  await store.close()
})

test('a page that was overwritten is found', async () => {
  const file = await storedFile()
  overwrite(file, pageBytes * 3, Buffer.alloc(pageBytes, 0xff))
  expect(check(file).join('\n')).toMatch(/page 4|malformed|damaged/i)
})

test('a file that was cut short is found', async () => {
  const file = await storedFile()
  truncateSync(file, pageBytes * 3)
  expect(check(file).length).toBeGreaterThan(0)
})

test('what is no database, or is that of another program or service, is told apart', async () => {
  const file = await storedFile()
  expect(checkSqliteFile({ service: 'billing', file }).join()).toMatch(/belongs to the service sales/)
  const text = join(file, '..', 'text.db')
  writeFileSync(text, 'This is a text, and a long one at that, so that SQLite looks at it.'.repeat(20))
  expect(check(text).join()).toMatch(/damaged/)
  const foreign = join(file, '..', 'foreign.db')
  const db = new DatabaseSync(foreign)
  db.exec('CREATE TABLE notes (text TEXT)')
  db.close()
  expect(check(foreign).join()).toMatch(/another program/)
  expect(check(join(file, '..', 'missing.db')).join()).toMatch(/cannot be read/)
})
