import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRfc3339Time, msOfRfc3339, rfc3339Of } from './rfc3339.ts'

const timeMaxMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

test('every time is written as the platform writes it, and read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: timeMaxMs }), (timeMs) => {
      expect(rfc3339Of(timeMs)).toBe(new Date(timeMs).toISOString())
      expect(msOfRfc3339(rfc3339Of(timeMs))).toBe(timeMs)
    }),
    { numRuns: 5_000 }
  )
  for (let day = 0; day * 86_400_000 < Date.UTC(2101, 0); day++) {
    const timeMs = day * 86_400_000
    if (rfc3339Of(timeMs) !== new Date(timeMs).toISOString()) expect(rfc3339Of(timeMs)).toBe(timeMs)
  }
})

test('offsets, finer fractions, leap seconds and small letters are read', () => {
  const at = Date.UTC(2026, 1, 28, 23, 30, 5)
  expect(msOfRfc3339('2026-02-28T23:30:05Z')).toBe(at)
  expect(msOfRfc3339('2026-03-01t01:00:05+01:30')).toBe(at)
  expect(msOfRfc3339('2026-02-28T15:30:05.0-08:00')).toBe(at)
  expect(msOfRfc3339('2026-02-28T23:30:05.123987654Z')).toBe(at + 123)
  expect(msOfRfc3339('2026-02-28T23:30:05.1Z')).toBe(at + 100)
  expect(msOfRfc3339('2016-12-31T23:59:60Z')).toBe(Date.UTC(2016, 11, 31, 23, 59, 59))
})

test.each([
  '',
  'yesterday',
  '2026-02-28',
  '2026-02-28T23:30:05',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-01-32T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:61Z',
  '2026-01-01T00:00:00+24:00',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+00:01',
  ' 2026-01-01T00:00:00Z'
])('%j is no such time', (text) => {
  expect(msOfRfc3339(text)).toBeUndefined()
})

test('what has no text is told apart', () => {
  expect([0, timeMaxMs].map(isRfc3339Time)).toEqual([true, true])
  expect([-1, timeMaxMs + 1, 0.5, Number.NaN].map(isRfc3339Time)).toEqual([false, false, false, false])
})
