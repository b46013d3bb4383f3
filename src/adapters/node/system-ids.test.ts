import { expect, test } from 'vitest'
import { systemIds } from './index.ts'

const many = 100_000

test('trace ids and span ids are as W3C Trace Context has them, and all differ', () => {
  const ids = systemIds()
  const seen = new Set<string>()
  for (let each = 0; each < many; each++) {
    const [trace, span] = [ids.traceId(), ids.spanId()]
    if (!/^[0-9a-f]{32}$/.test(trace) || !/^[0-9a-f]{16}$/.test(span)) expect([trace, span]).toEqual([])
    seen.add(trace).add(span)
  }
  expect(seen.size).toBe(2 * many)
})

test('unique ids differ, also between two sources', () => {
  const [one, other] = [systemIds(), systemIds()]
  const seen = new Set<string>()
  for (let each = 0; each < many; each++) seen.add(one.unique()).add(other.unique())
  expect(seen.size).toBe(2 * many)
  expect(seen.has('')).toBe(false)
})

test('random numbers fill the range from 0 up to, but not with, 1', () => {
  const ids = systemIds()
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let each = 0; each < many; each++) {
    const tenth = Math.floor(ids.random() * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  expect(tenths).toHaveLength(10)
  // Ten standard deviations of a fair draw.
  for (const count of tenths) expect(Math.abs(count - many / 10)).toBeLessThan(1_000)
})
