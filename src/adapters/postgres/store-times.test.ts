import { expect, test } from 'vitest'
import { storeTimes } from './store-times.ts'

test('a call waits longer for the server than for a lock, also where only one time is given', () => {
  expect(storeTimes({})).toEqual({ timeoutMs: 30_000, lockMs: 10_000 })
  expect(storeTimes({ timeoutMs: 5_000 })).toEqual({ timeoutMs: 5_000, lockMs: 2_500 })
  expect(storeTimes({ timeoutMs: 60_000 })).toEqual({ timeoutMs: 60_000, lockMs: 10_000 })
  expect(storeTimes({ lockTimeoutMs: 29_999 })).toEqual({ timeoutMs: 30_000, lockMs: 29_999 })
})

test.each([
  [{ timeoutMs: 5_000, lockTimeoutMs: 5_001 }, 'raise timeoutMs, or lower lockTimeoutMs'],
  [{ timeoutMs: 5_000, lockTimeoutMs: 5_000 }, 'timeoutMs is 5000 and lockTimeoutMs 5000'],
  [{ lockTimeoutMs: 45_000 }, 'timeoutMs is 30000 and lockTimeoutMs 45000'],
  // For the server, 0 would be no end, and a timer that is too long ends at once.
  [{ lockTimeoutMs: 0 }, 'lockTimeoutMs is 0'],
  [{ timeoutMs: 0 }, 'timeoutMs is 0'],
  [{ timeoutMs: 2_147_483_648 }, 'timeoutMs is 2147483648'],
  [{ timeoutMs: 1_000, lockTimeoutMs: 0.5 }, 'lockTimeoutMs is 0.5'],
  [{ timeoutMs: Number.NaN }, 'timeoutMs is NaN']
])('%j is refused, and the message says why', (given, message) => {
  expect(() => storeTimes(given)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) })
  )
})
