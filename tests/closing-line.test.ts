import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { closingLine, skipLines } from '../scripts/closing-line.ts'
import { root } from '../scripts/source-files.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((result) => ({ status: result }))
})

test('the closing line counts what passed, failed and was skipped', () => {
  const testResults = [
    file('passed', 'passed', 'passed', 'skipped'),
    file('failed', 'failed', 'passed', 'todo')
  ]
  expect(closingLine({ success: false, testResults })).toBe('3 passed, 1 failed, 2 skipped')
  expect(closingLine({ success: true, testResults: [file('passed', 'passed')] })).toBe('1 passed, 0 failed')
})

test('a file that failed before its first test is a failure', () => {
  const testResults = [file('passed', 'passed'), file('failed')]
  expect(closingLine({ success: false, testResults })).toBe('1 passed, 1 failed')
})

test('a run that failed outside of any test, or ran none, is a failure', () => {
  expect(closingLine({ success: false, testResults: [file('passed', 'passed')] })).toBe('1 passed, 1 failed')
  expect(closingLine({ success: true, testResults: [] })).toBe('0 passed, 1 failed')
})

test('a reason why tests were skipped is said once, however many files tell it', () => {
  const told = ['SKIPPED: one. Why.', 'SKIPPED: two. Why.', 'SKIPPED: one. Why.', ''].join('\n')
  expect(skipLines(told)).toEqual(['SKIPPED: one. Why.', 'SKIPPED: two. Why.'])
  expect(skipLines('')).toEqual([])
})

test('a run ends with why tests were skipped, and then its closing line; what is required fails it instead', () => {
  const runOf = (required: string): readonly [number | null, readonly string[]] => {
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, RETAIL_DATA: '/nowhere/week.csv', SKERRY_REQUIRE: required }
    const program = [
      join(root, 'scripts/test.ts'),
      'tests/oracle/trade-oracle.test.ts',
      '-t',
      'row by row|real week'
    ]
    const { status, stdout } = spawnSync(process.execPath, program, { cwd: root, env, encoding: 'utf8' })
    return [status, stdout.trimEnd().split('\n').slice(-2)]
  }
  const [ended, [reason, closing]] = runOf('')
  expect([ended, closing]).toEqual([0, expect.stringMatching(/^1 passed, 0 failed, \d+ skipped$/)])
  expect(reason).toMatch(
    /^SKIPPED: the tests with retail-data\. There is no file \/nowhere\/week\.csv: set RETAIL_DATA/
  )
  const [failed, [, failing]] = runOf('retail-data')
  expect([failed, failing]).toEqual([1, '0 passed, 1 failed'])
}, 120_000)
