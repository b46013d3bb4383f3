import { expect, test } from 'vitest'
import { Failure } from '../core/index.ts'
import { earlyEnd } from './early-end.ts'
import { failureLines } from './failure-lines.ts'

const logged = (level: string, msg: string, more: object = {}): string =>
  JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level, msg, ...more })

test('the failure of a process is that of the run, without the lines of its log', () => {
  const failure = new Failure('STORE_LOCKED', { hint: '/data/sales.db: process 7 has it.' })
  const log = logged('error', 'the system failed', { error: { message: failure.message, stack: 'at x:1' } })
  const end = earlyEnd('sales', [logged('info', 'a start'), log, ...failureLines(failure)])
  expect([end.code, end.retry]).toEqual(['STORE_LOCKED', 'later'])
  expect(failureLines(end)).toEqual([
    'skerry: Another process has the database open. sales does not start. /data/sales.db: process 7 has it.'
  ])
})

test('lines below the sentence of a failure stay below it', () => {
  const end = earlyEnd('sales', ['skerry: The configuration cannot be used. Two are wrong:', '  /a: is no b'])
  expect(end.message.split('\n')).toEqual([
    'The configuration cannot be used. sales does not start. Two are wrong:',
    '  /a: is no b'
  ])
})

test('what is no failure is shown as it stands; of a process that only logs, its errors', () => {
  const thrown = earlyEnd('sales', ['file:///app.ts:3', 'SyntaxError: Unexpected token'])
  expect(thrown.message).toContain(
    'sales does not start:\n  file:///app.ts:3\n  SyntaxError: Unexpected token'
  )
  const silent = earlyEnd('sales', [
    logged('info', 'a start'),
    logged('error', 'it fell', { error: { message: 'hard' } })
  ])
  expect(silent.message).toMatch(/sales does not start:\n {2}it fell: hard$/)
  expect(earlyEnd('sales', []).message).toContain('sales does not start: it says nothing.')
})
