import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, sourceFiles } from '../scripts/source-files.ts'
import { type FailureCode, failures } from '../src/core/index.ts'
import { statuses } from '../src/gateway/index.ts'

const table = Object.keys(failures).sort() as FailureCode[]
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
const section =
  /^### ([A-Z_]+)\n\nStatus (\d{3})\. Again: (now|later|never)\.\n\n([\s\S]+?)\n\n\*\*What to do:\*\* ([\s\S]+?)(?=\n#|\n*$(?![\s\S]))/gm
const sections = [...page.matchAll(section)].map(
  ([, code = '', status, retry, meaning = '', advice = '']) => ({
    code,
    status: Number(status),
    retry,
    words: [meaning, advice].map((text) => text.split(/\s+/).length)
  })
)

test('every code has one section in docs/errors.md, and every section a code', () => {
  expect(table.length).toBeGreaterThan(40)
  expect(sections.map(({ code }) => code).sort()).toEqual(table)
  expect(page.match(/^### /gm)).toHaveLength(table.length)
})

test('a section gives the status and the retry of its code, says what it means and what to do', () => {
  for (const { code, status, retry, words } of sections) {
    expect({ code, status, retry }).toEqual({
      code,
      status: statuses[code as FailureCode],
      retry: failures[code as FailureCode].retry
    })
    expect(Math.min(...words), code).toBeGreaterThan(1)
  }
})

test('a status fits what the code says about trying again', () => {
  for (const code of table) {
    const status = statuses[code]
    expect([400, 403, 404, 405, 408, 409, 410, 413, 415, 421, 422, 431, 500, 502, 503, 504]).toContain(status)
    // 503 is the promise that it will be better soon.
    if (status === 503) expect(failures[code].retry, code).toBe('later')
    if (status === 404 || status === 400) expect(failures[code].retry, code).toBe('never')
  }
})

test('every code is raised somewhere in src', () => {
  const raised = new Map<string, string>()
  const files = sourceFiles('src/**/*.ts').filter(
    (path) => !/\.test\.ts$|core\/failure\.ts$|gateway\/statuses\.ts$/.test(path)
  )
  expect(files.length).toBeGreaterThan(100)
  for (const path of files)
    for (const [, code = ''] of readFileSync(join(root, path), 'utf8').matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g))
      if (Object.hasOwn(failures, code)) raised.set(code, path)
  expect(table.filter((code) => !raised.has(code))).toEqual([])
})
