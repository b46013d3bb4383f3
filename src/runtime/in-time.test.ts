import { expect, test } from 'vitest'
import { testClock } from '../testing/index.ts'
import { inTime } from './in-time.ts'

test('who says nothing is waited for no longer than was said, and leaves nothing scheduled', async () => {
  const clock = testClock()
  const told: unknown[] = []
  void inTime(clock, 2_000, new Promise(() => undefined)).then((given) => told.push(given))
  await clock.advance(1_999)
  expect(told).toEqual([])
  await clock.advance(1)
  expect([told, clock.scheduled]).toEqual([[undefined], 0])
})

test('an answer and a failure that come in time are passed on; a failure that comes late harms nobody', async () => {
  const clock = testClock()
  expect(await inTime(clock, 2_000, Promise.resolve(7))).toBe(7)
  await expect(inTime(clock, 2_000, Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(clock.scheduled).toBe(0)
  let reject: (cause: Error) => void = () => undefined
  const never = new Promise<number>((_, fail) => {
    reject = fail
  })
  const asked = inTime(clock, 2_000, never)
  await clock.advance(2_000)
  expect(await asked).toBeUndefined()
  reject(new Error('late'))
  await clock.advance(1)
})
