import type { LogRow } from '../ports/index.ts'
import type { BusCase } from './bus-feed-cases.ts'
import { announceUntil, passed, StageFeed, until } from './bus-stage.ts'
import { claim, claimEqual } from './conformance-case.ts'

// How long something that must not happen is waited for.
const quietMs = 100

/** What every bus promises to those who listen, also one that loses, repeats and reorders. */
export const busListenerCases: readonly BusCase[] = [
  [
    'announce returns before any listener runs',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      let announcing = false
      let heard = 0
      let inside = 0
      stage.consumer.listen('harbour', () => {
        heard += 1
        if (announcing) inside += 1
      })
      await until(stage.clock, 'a row that is announced is heard', () => {
        if (heard > 0) return true
        const rows = feed.commit(0)
        announcing = true
        stage.publisher.announce('harbour', rows)
        announcing = false
        return false
      })
      claimEqual(inside, 0, 'calls of a listener inside announce')
    }
  ],
  [
    'a listener hears only of the service it listens to',
    async (stage) => {
      const [harbour, pilot] = [new StageFeed('harbour'), new StageFeed('pilot')]
      stage.publisher.offer(harbour)
      stage.publisher.offer(pilot)
      const ofHarbour: LogRow[] = []
      const ofPilot: LogRow[] = []
      stage.consumer.listen('harbour', (rows) => ofHarbour.push(...rows))
      stage.consumer.listen('pilot', (rows) => ofPilot.push(...rows))
      await announceUntil(stage, pilot, () => ofPilot.length > 0)
      await announceUntil(stage, harbour, () => ofHarbour.length > 0)
      claim(
        ofHarbour.every((row) => row.service === 'harbour'),
        'The listener of harbour heard of another service.'
      )
      claim(
        ofPilot.every((row) => row.service === 'pilot'),
        'The listener of pilot heard of another service.'
      )
    }
  ],
  [
    'a listener that throws hurts neither the others, nor the announcer, nor later rows',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      let thrown = 0
      let heard = 0
      stage.consumer.listen('harbour', () => {
        thrown += 1
        throw new Error('A listener that throws, as this case wants it.')
      })
      stage.consumer.listen('harbour', (rows) => {
        heard += rows.length
      })
      await announceUntil(stage, feed, () => thrown > 0 && heard > 0)
      const [thrownBefore, heardBefore] = [thrown, heard]
      await announceUntil(stage, feed, () => thrown > thrownBefore && heard > heardBefore)
    }
  ],
  [
    'a listener that was removed hears nothing more, and removing it twice does nothing',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      let first = 0
      let second = 0
      const forget = stage.consumer.listen('harbour', (rows) => {
        first += rows.length
      })
      stage.consumer.listen('harbour', (rows) => {
        second += rows.length
      })
      await announceUntil(stage, feed, () => first > 0 && second > 0)
      forget()
      forget()
      const [firstBefore, secondBefore] = [first, second]
      await announceUntil(stage, feed, () => second > secondBefore + 2)
      claimEqual(first, firstBefore, 'rows heard by the removed listener')
    }
  ],
  [
    'a listener may remove itself while it is called, and the others are called all the same',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      let calls = 0
      let others = 0
      const forget = stage.consumer.listen('harbour', () => {
        calls += 1
        forget()
      })
      stage.consumer.listen('harbour', () => {
        others += 1
      })
      await announceUntil(stage, feed, () => calls > 0 && others > 2)
      claimEqual(calls, 1, 'calls of the listener that removed itself')
    }
  ],
  [
    'the same function may listen twice; removing one leaves the other',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      let heard = 0
      const listener = (): void => {
        heard += 1
      }
      const forget = stage.consumer.listen('harbour', listener)
      stage.consumer.listen('harbour', listener)
      await announceUntil(stage, feed, () => heard > 1)
      forget()
      const before = heard
      await announceUntil(stage, feed, () => heard > before)
    }
  ],
  [
    'rows that were committed and never announced are a hole that the feed repairs',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      const heard = new Map<number, LogRow>()
      stage.consumer.listen('harbour', (rows) => {
        for (const row of rows) heard.set(row.position, row)
      })
      await announceUntil(stage, feed, () => heard.size > 0)
      const silent = feed.commit(0, 3)
      const last = (): number => Math.max(...heard.keys())
      await announceUntil(stage, feed, () => last() > (silent[2]?.position ?? 0))
      const [end] = (await stage.consumer.feed('harbour').heads()) as [number]
      for (const row of await stage.consumer.feed('harbour').read(0, 0, end)) heard.set(row.position, row)
      claimEqual(heard.size, end, 'rows known after the repair')
      claimEqual(
        silent.map((row) => heard.get(row.position)),
        silent,
        'the rows of the hole'
      )
    }
  ],
  [
    'announcing while nobody listens, and announcing no rows, does no harm',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      const early = feed.commit(0, 3)
      stage.publisher.announce('harbour', early)
      let empty = 0
      let heard = 0
      stage.consumer.listen('harbour', (rows) => {
        heard += rows.length
        if (rows.length === 0) empty += 1
      })
      stage.publisher.announce('harbour', [])
      await announceUntil(stage, feed, () => heard > 0)
      claimEqual(empty, 0, 'calls of the listener without rows')
      claimEqual(await stage.consumer.feed('harbour').read(0, 0, 3), early, 'the rows that nobody heard')
    }
  ],
  [
    'close stops the listeners, also those that come after it, and may be called twice',
    async (stage) => {
      const feed = new StageFeed('harbour')
      stage.publisher.offer(feed)
      let heard = 0
      stage.consumer.listen('harbour', (rows) => {
        heard += rows.length
      })
      await announceUntil(stage, feed, () => heard > 0)
      stage.publisher.announce('harbour', feed.commit(0, 2))
      const closed = stage.consumer.close()
      const before = heard
      await closed
      await stage.consumer.close()
      const forget = stage.consumer.listen('harbour', (rows) => {
        heard += rows.length
      })
      stage.publisher.announce('harbour', feed.commit(0, 2))
      await passed(stage.clock, quietMs)
      forget()
      claimEqual(heard, before, 'rows heard after close')
    }
  ]
]
