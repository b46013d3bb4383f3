import { expect, test } from 'vitest'
import { nearestName } from './nearest-name.ts'
import { age, counted, labelled, shortened, table } from './table.ts'

test('columns are as wide as their widest cell, and numbers stand to the right', () => {
  const rows = [
    ['name', 'count', 'text'],
    ['a', '5', 'x'],
    ['longer', '1234567', '']
  ]
  expect(table(rows, 80, ['left', 'right'])).toEqual([
    'name      count  text',
    'a             5  x',
    'longer  1234567'
  ])
  expect(
    labelled([
      ['a', '1'],
      ['long', '2']
    ])
  ).toEqual(['a     1', 'long  2'])
})

test('a line that is too long is cut, and shows that it was', () => {
  expect(table([['key', 'x'.repeat(50)]], 20)).toEqual([`key  ${'x'.repeat(14)}…`])
  expect(shortened('abc', 3)).toBe('abc')
  expect(shortened('abcd', 3)).toBe('ab…')
})

test('numbers and times are said as people say them', () => {
  expect([counted(1, 'event'), counted(0, 'event'), counted(12_345, 'event')]).toEqual([
    '1 event',
    '0 events',
    '12,345 events'
  ])
  const nowMs = 10_000_000_000
  const ages = [0, 59_999, 60_000, 7_199_999, 172_800_000].map((ms) => age(nowMs - ms, nowMs))
  expect(ages).toEqual(['0 s', '59 s', '1 min', '1 h', '2 d'])
  expect(age(nowMs + 5_000, nowMs)).toBe('0 s')
})

test('the name that was meant is one that begins so, or is a typing error away', () => {
  const names = ['run', 'inspect', 'rebuild', 'doctor']
  expect(nearestName('insp', names)).toBe('inspect')
  expect(nearestName('inpsect', names)).toBe('inspect')
  expect(nearestName('rnu', names)).toBeUndefined()
  expect(nearestName('rum', names)).toBe('run')
  expect(nearestName('', names)).toBeUndefined()
  expect(nearestName('whatever', names)).toBeUndefined()
})
