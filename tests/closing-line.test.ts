import { expect, test } from 'vitest'
import { closingLine } from '../scripts/closing-line.ts'

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
