import { expect, test } from 'vitest'
import type { LogRow } from '../ports/index.ts'
import { afterRedrive } from './dead-letter-outcome.ts'

const row: LogRow = {
  service: 'sales',
  partition: 0,
  position: 1,
  kind: 'event',
  type: 'OrderAccepted',
  version: 1,
  unit: 'order',
  key: 'o-1',
  sequence: 1,
  previous: 0,
  timeMs: 0,
  correlationId: 'c',
  causationId: 'c',
  traceparent: '',
  data: {}
}
const units = [
  { name: 'orders', kind: 'projection', takes: [] },
  { name: 'desk', kind: 'actor', takes: [] },
  { name: 'flow', kind: 'process-manager', takes: [] }
] as const

const told = (subscription: string, kind: LogRow['kind'] = 'event'): string =>
  afterRedrive('done', { subscription, message: { ...row, kind } }, units)

test('a redriven command is said to be decided, since it may have been refused', () => {
  expect(told('inbox', 'command')).toBe(
    'is decided; what waited behind it follows. If it was refused, the log says so.'
  )
})

test('what led to commands is said to be done, and where a refusal of these is seen', () => {
  for (const text of [told('desk'), told('flow'), told('inbox', 'refusal')])
    expect(text).toBe(
      'is done; what waited behind it follows. If a command that it led to is refused, the log says so.'
    )
})

test('what a projection folded is done, and nothing else can come of it', () => {
  expect(told('orders')).toBe('is done; what waited behind it follows.')
})
