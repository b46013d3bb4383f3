import type { LogRow } from '../ports/index.ts'
import { type BusStage, StageFeed } from './bus-stage.ts'
import { claim, claimEqual, claimFails } from './conformance-case.ts'

/** A case on an open stage, which is closed behind it. */
export type BusCase = readonly [name: string, run: (stage: BusStage) => Promise<void>]

/** What a bus promises of the feeds that are offered to it. */
export const busFeedCases: readonly BusCase[] = [
  [
    'a feed that is offered is found by its service',
    async ({ publisher, consumer }) => {
      const feed = new StageFeed('harbour')
      feed.commit(1, 3)
      publisher.offer(feed)
      const found = consumer.feed('harbour')
      claimEqual(found.service, 'harbour', 'the service of the feed')
      claimEqual(await found.heads(), [0, 3, 0, 0], 'the heads')
    }
  ],
  [
    'a row is read from the feed as it was written, of every kind and with every field',
    async ({ publisher, consumer }) => {
      const feed = new StageFeed('harbour')
      const written = feed.commit(2, 40)
      publisher.offer(feed)
      claimEqual(await consumer.feed('harbour').read(2, 0, 100), written, 'the rows')
    }
  ],
  [
    'a feed that is read in steps of any size gives every row once and in order',
    async ({ publisher, consumer }) => {
      const feed = new StageFeed('harbour')
      const written = feed.commit(0, 1_100)
      publisher.offer(feed)
      const found = consumer.feed('harbour')
      for (const step of [100, 256, 300, 1_024, 5_000]) {
        const rows: LogRow[] = []
        for (;;) {
          const more = await found.read(0, rows.length, step)
          claim(more.length <= step, `${more.length} rows in answer to a limit of ${step}`)
          if (more.length === 0) break
          rows.push(...more)
        }
        claimEqual(rows, written, `the rows in steps of ${step}`)
      }
    }
  ],
  [
    'reading a feed fills the limit unless the end is reached',
    async ({ publisher, consumer }) => {
      const feed = new StageFeed('harbour')
      feed.commit(3, 700)
      publisher.offer(feed)
      const found = consumer.feed('harbour')
      claimEqual((await found.read(3, 10, 600)).length, 600, 'rows in the middle')
      claimEqual((await found.read(3, 690, 600)).length, 10, 'rows up to the end')
      claimEqual(
        (await found.read(3, 255, 2)).map((row) => row.position),
        [256, 257],
        'two rows'
      )
    }
  ],
  [
    'reading at the end and behind it gives nothing, and what is committed later is there at once',
    async ({ publisher, consumer }) => {
      const feed = new StageFeed('harbour')
      feed.commit(0, 256)
      publisher.offer(feed)
      const found = consumer.feed('harbour')
      claimEqual(await found.read(0, 256, 10), [], 'rows at the end')
      claimEqual(await found.read(0, 1_000_000, 10), [], 'rows behind the end')
      claimEqual(await found.read(1, 0, 10), [], 'rows of an empty partition')
      const later = feed.commit(0)
      claimEqual(await found.read(0, 256, 10), later, 'rows committed later')
      claimEqual(await found.heads(), [257, 0, 0, 0], 'the heads')
    }
  ],
  [
    'a feed of the same service replaces the former',
    async ({ publisher, consumer }) => {
      const former = new StageFeed('harbour')
      publisher.offer(former)
      claimEqual(await consumer.feed('harbour').heads(), [0, 0, 0, 0], 'the heads of the former')
      const latter = new StageFeed('harbour', 2)
      latter.commit(1, 5)
      publisher.offer(latter)
      claimEqual(await consumer.feed('harbour').heads(), [0, 5], 'the heads')
    }
  ],
  [
    'the feed of a service that nobody knows fails with SERVICE_UNKNOWN',
    async ({ publisher, consumer }) => {
      publisher.offer(new StageFeed('harbour'))
      await claimFails('SERVICE_UNKNOWN', 'the feed of an unknown service', () => consumer.feed('nowhere'))
    }
  ]
]
