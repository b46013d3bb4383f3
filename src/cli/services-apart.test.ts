import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { takenServices } from './services-apart.ts'

test('a lock that cannot be read hides no service whose file is open', () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-apart-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const service of ['billing', 'inventory', 'sales', 'shipping'])
    writeFileSync(join(directory, `${service}.db`), '')
  expect(takenServices(directory)).toEqual([])
  for (const service of ['inventory', 'shipping']) {
    const holder = new DatabaseSync(join(directory, `${service}.db-lock`))
    onTestFinished(() => holder.close())
    holder.exec('BEGIN EXCLUSIVE')
  }
  expect(takenServices(directory)).toEqual(['inventory', 'shipping'])
  for (const service of ['billing', 'sales'])
    writeFileSync(join(directory, `${service}.db-lock`), 'no database '.repeat(400))
  expect(takenServices(directory)).toEqual(['inventory', 'shipping'])
  expect(takenServices(join(directory, 'missing'))).toEqual([])
})
