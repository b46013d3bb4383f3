import { expect, test } from 'vitest'
import { effectBounds } from './index.ts'

test('an effect whose policy says nothing is bounded all the same', () => {
  expect(effectBounds({})).toEqual({
    timeoutMs: 10_000,
    attempts: 5,
    retryBaseMs: 200,
    retryMaxMs: 30_000,
    breaker: undefined,
    bulkhead: 16
  })
})

test('what a policy says is taken, and the rest of it is filled in', () => {
  const retry = { base: { seconds: 1, ms: 500 }, max: { minutes: 2 } }
  const breaker = { failures: 3, pause: { hours: 1 } }
  expect(effectBounds({ timeout: { ms: 40 }, retry, breaker, bulkhead: 2 })).toEqual({
    timeoutMs: 40,
    attempts: 5,
    retryBaseMs: 1_500,
    retryMaxMs: 120_000,
    breaker: { failures: 3, pauseMs: 3_600_000 },
    bulkhead: 2
  })
  expect(effectBounds({ retry: { attempts: 1 } })).toMatchObject({ attempts: 1, retryBaseMs: 200 })
})
