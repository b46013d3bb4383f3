import { expect, test } from 'vitest'
import { testClock } from '../testing/index.ts'
import { InstanceLooks } from './index.ts'

const [one, other] = ['http://127.0.0.1:1', 'http://127.0.0.1:2']

/** Instances that answer as they are told to, and what was asked of them. */
function stage() {
  const clock = testClock()
  const still = new Set<string>()
  const asked: string[] = []
  const looks = new InstanceLooks(clock, async (url) => {
    asked.push(url)
    if (still.has(url)) throw new Error('no answer')
  })
  return { clock, still, asked, looks }
}

test('an instance that misses one look and answers the next is not given up', async () => {
  const { clock, still, asked, looks } = stage()
  let gone = 0
  const enough = looks.watch(one, () => {
    gone += 1
  })
  for (let look = 0; look < 5; look++) {
    still.add(one)
    await clock.advance(1_000)
    still.delete(one)
    await clock.advance(1_000)
  }
  expect([asked.length, gone]).toEqual([10, 0])
  still.add(one)
  await clock.advance(2_000)
  expect([asked.length, gone]).toEqual([12, 1])
  enough()
  await clock.advance(10_000)
  expect(asked).toHaveLength(12)
})

test('one of which something is heard is not looked at', async () => {
  const { clock, asked, looks } = stage()
  const enough = looks.watch(one, () => undefined)
  for (let step = 0; step < 20; step++) {
    looks.heard(one)
    await clock.advance(500)
  }
  expect(asked).toEqual([])
  await clock.advance(1_000)
  expect(asked).toEqual([one])
  enough()
})

test('one that did not answer comes after the others until a look at it succeeds', async () => {
  const { clock, still, asked, looks } = stage()
  still.add(one)
  expect(await looks.answers(one)).toBe(false)
  expect(looks.inOrder([one, other])).toEqual([other, one])
  await clock.advance(0)
  expect(looks.inOrder([one, other])).toEqual([other, one])
  still.delete(one)
  await clock.advance(0)
  looks.inOrder([one, other])
  await clock.advance(0)
  expect(looks.inOrder([one, other])).toEqual([one, other])
  expect(new Set(asked)).toEqual(new Set([one]))
})
