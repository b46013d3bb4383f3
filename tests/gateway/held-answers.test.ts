import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { HeldAnswers } from '../../src/gateway/held-answers.ts'
import { testClock } from '../../src/testing/index.ts'

test('of a log that other processes write, too, an answer is not held back for long, and is read again at its end', async () => {
  const clock = testClock()
  const feed = Object.assign(new StageFeed('sales'), { shared: true })
  const answers = new HeldAnswers({ feed, bus: localBus(), clock })
  const read = () => feed.read(0, 0, 10)
  const asked = answers.rows({ read, isNew: () => true, waitMs: 20_000, gone: undefined })
  await Promise.resolve()
  // Another process commits; nothing is announced here.
  feed.commit(0, 1)
  await clock.advance(500)
  expect((await asked).map(({ position }) => position)).toEqual([1])
})

test('of a log of one process an answer is held back for as long as was asked for', async () => {
  const clock = testClock()
  const feed = new StageFeed('sales')
  const answers = new HeldAnswers({ feed, bus: localBus(), clock })
  let answered = false
  const read = () => feed.read(0, 0, 10)
  const asked = answers.rows({ read, isNew: () => true, waitMs: 20_000, gone: undefined }).then((rows) => {
    answered = true
    return rows
  })
  await clock.advance(19_999)
  expect(answered).toBe(false)
  await clock.advance(1)
  expect(await asked).toEqual([])
})
