import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../scripts/source-files.ts'

const named = /^\| .+ \| `(?<file>[^`]+)`: (?<name>.+) \|$/gm

test('every promise of the guarantees names a test that is there', () => {
  const text = readFileSync(join(root, 'docs/guarantees.md'), 'utf8')
  const promises = [...text.matchAll(named)].map(({ groups }) => groups ?? {})
  expect(promises.length).toBeGreaterThan(20)
  const missing = promises.filter(({ file = '', name = '' }) => {
    const path = join(root, file)
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(name)
  })
  expect(missing).toEqual([])
})

test('every row of a table in the guarantees has its test', () => {
  const text = readFileSync(join(root, 'docs/guarantees.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !/^\| (promise|---)/.test(line))
  expect(rows).toHaveLength([...text.matchAll(named)].length)
})
