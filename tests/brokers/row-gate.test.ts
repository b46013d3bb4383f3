import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { Failure } from '../../src/index.ts'
import { Complaints, type Feed, type LogRow, RowGate } from '../../src/ports/index.ts'
import { testClock, testIds } from '../../src/testing/index.ts'
import { Heard } from './heard.ts'

/** A gate before a log, on a clock that the test drives; it is asked how often it asked the feed. */
function gateBefore(waitingMaxRows = 1_000) {
  const clock = testClock()
  const log = new StageFeed('harbour', 2)
  const asked = { heads: 0 }
  let away = false
  const feed: Feed = {
    service: 'harbour',
    read: (...where) => log.read(...where),
    async heads() {
      asked.heads += 1
      if (away) throw new Failure('FEED_UNAVAILABLE', { service: 'harbour' })
      return log.heads()
    }
  }
  const feeds = localBus({ clock })
  feeds.offer(feed)
  const heard = new Heard()
  const counts = { heard: 0, repeated: 0, replayed: 0, unproved: 0, foreign: 0 }
  const gate = new RowGate({
    service: 'harbour',
    broker: 'the broker',
    feeds,
    clock,
    ids: testIds(),
    waitingMaxRows,
    overtakenMs: 2,
    counts,
    complaints: new Complaints(clock, undefined),
    deliver: heard.listener
  })
  const bring = (...rows: readonly LogRow[]): void => {
    for (const row of rows) gate.hear({ row, reference: false, from: 'broker' })
  }
  return { clock, log, feeds, asked, gate, heard, counts, bring, leave: (gone: boolean) => (away = gone) }
}

test('rows that two instances announce in another order pass in theirs and once, and the feed is not asked', async () => {
  const { clock, log, asked, heard, counts, bring } = gateBefore()
  bring(...log.commit(0))
  await clock.advance(10)
  const asks = asked.heads
  const [second, third, fourth, fifth] = log.commit(0, 4) as [LogRow, LogRow, LogRow, LogRow]
  bring(third, fifth, fourth, second)
  await clock.advance(10)
  bring(second, fifth)
  await clock.advance(10)
  expect(heard.positions()).toEqual([1, 2, 3, 4, 5])
  expect(counts.repeated).toBe(2)
  expect(asked.heads).toBe(asks)
})

test('a hole that nobody fills is left behind when the feed has shown that it is one', async () => {
  const { clock, log, asked, heard, bring } = gateBefore()
  bring(...log.commit(0))
  await clock.advance(10)
  const asks = asked.heads
  const [, third] = log.commit(0, 2) as [LogRow, LogRow]
  bring(third)
  await clock.advance(1)
  expect(heard.positions()).toEqual([1])
  await clock.advance(10)
  expect(heard.positions()).toEqual([1, 3])
  expect(asked.heads).toBe(asks + 1)
})

test('a log that was put back to an older state is heard again from there', async () => {
  const { clock, log, feeds, heard, gate, bring } = gateBefore()
  bring(...log.commit(0, 5))
  await clock.advance(10)
  const older = new StageFeed('harbour', 2)
  older.commit(0, 3)
  feeds.offer(older)
  gate.announceLast()
  await clock.advance(10)
  bring(...older.commit(0, 1))
  await clock.advance(10)
  expect(heard.positions()).toEqual([1, 2, 3, 4, 5, 4])
})

test('while the feed is away what is behind a hole is left out, the rest passes, and the last row comes when it is back', async () => {
  const { clock, log, asked, heard, counts, gate, bring, leave } = gateBefore(10)
  bring(...log.commit(0))
  await clock.advance(10)
  leave(true)
  bring(...log.commit(1, 3).slice(1))
  bring(...log.commit(0))
  await clock.advance(10)
  expect(heard.positions()).toEqual([1, 2])
  expect(heard.positions(1)).toEqual([])
  expect(counts.unproved).toBe(2)
  gate.announceLast()
  bring(...log.commit(1, 30))
  const asks = asked.heads
  await clock.advance(60_000)
  expect(counts.unproved).toBe(32)
  // The pauses grow to five seconds.
  expect(asked.heads - asks).toBeGreaterThan(8)
  expect(asked.heads - asks).toBeLessThan(40)
  leave(false)
  await clock.advance(5_000)
  expect(heard.positions(1)).toEqual([33])
  expect(heard.positions()).toEqual([1, 2])
})
