import type { LogRow } from '../ports/index.ts'
import type { BusCase } from './bus-feed-cases.ts'
import { announceUntil, type BusStage, StageFeed, until } from './bus-stage.ts'
import { claimEqual } from './conformance-case.ts'

function positions(rows: readonly LogRow[], partition: number): number[] {
  const first = new Set<number>()
  for (const row of rows) if (row.partition === partition) first.add(row.position)
  return [...first]
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

const warmUpPartition = 4

/**
 * Begins to listen and resolves when the listener hears: from there on the guarantees hold for it. The rows that this
 * took are in a partition of their own and not handed to `listener`.
 */
async function listening(
  stage: BusStage,
  feed: StageFeed,
  ...listeners: readonly ((rows: readonly LogRow[]) => void)[]
): Promise<void> {
  const hearing = new Set<number>()
  for (const [index, listener] of listeners.entries())
    stage.consumer.listen(feed.service, (rows) => {
      hearing.add(index)
      listener(rows.filter((row) => row.partition !== warmUpPartition))
    })
  await announceUntil(stage, feed, () => hearing.size === listeners.length, warmUpPartition)
}

/** What a bus promises that calls itself lossless. */
export const busLosslessCases: readonly BusCase[] = [
  [
    'every row announced since a listener hears reaches it, and every listener',
    async (stage) => {
      const feed = new StageFeed('harbour', 5)
      stage.publisher.offer(feed)
      const heard: LogRow[][] = [[], [], []]
      await listening(stage, feed, ...heard.map((rows) => (more: readonly LogRow[]) => rows.push(...more)))
      for (let round = 0; round < 200; round++) {
        stage.publisher.announce('harbour', [
          ...feed.commit(round % 4, 3),
          ...feed.commit((round + 1) % 4, 2)
        ])
        if (round % 10 === 0) await new Promise<void>((resolve) => stage.clock.soon(resolve))
      }
      for (const rows of heard) {
        const complete = () => [0, 1, 2, 3].every((partition) => positions(rows, partition).length >= 250)
        await until(stage.clock, 'each listener hears 250 rows of each partition', complete)
        for (const partition of [0, 1, 2, 3])
          claimEqual(
            positions(rows, partition).toSorted((a, b) => a - b),
            numbers(1, 250),
            `partition ${partition}`
          )
      }
    }
  ],
  [
    'a row is heard as it was announced, of every kind and with every field',
    async (stage) => {
      const feed = new StageFeed('harbour', 5)
      stage.publisher.offer(feed)
      const heard = new Map<number, LogRow>()
      await listening(stage, feed, (rows) => {
        for (const row of rows) heard.set(row.position, row)
      })
      const written = feed.commit(3, 40)
      stage.publisher.announce('harbour', written)
      await until(stage.clock, 'forty rows are heard', () => heard.size === 40)
      claimEqual(
        written.map((row) => heard.get(row.position)),
        written,
        'the rows'
      )
    }
  ],
  [
    'one announcement may have thousands of rows',
    async (stage) => {
      const feed = new StageFeed('harbour', 5)
      stage.publisher.offer(feed)
      const heard = new Set<number>()
      await listening(stage, feed, (rows) => {
        for (const row of rows) heard.add(row.position)
      })
      stage.publisher.announce('harbour', feed.commit(2, 3_000))
      await until(stage.clock, 'three thousand rows are heard', () => heard.size === 3_000)
    }
  ],
  [
    'who listens first and reads the feed then misses nothing, whenever rows are committed',
    async (stage) => {
      const feed = new StageFeed('harbour', 5)
      stage.publisher.offer(feed)
      stage.publisher.announce('harbour', feed.commit(0, 5))
      const known = new Set<number>()
      let last = 0
      stage.consumer.listen('harbour', (rows) => {
        for (const row of rows) last = Math.max(last, row.position)
        for (const row of rows) known.add(row.position)
      })
      for (const row of await stage.consumer.feed('harbour').read(0, 0, 100)) known.add(row.position)
      stage.publisher.announce('harbour', feed.commit(0, 1))
      await until(stage.clock, 'the row committed after reading is heard of', () => last === 6)
      claimEqual(
        [...known].toSorted((a, b) => a - b),
        numbers(1, 6),
        'the positions known'
      )
    }
  ],
  [
    'a listener that comes when others have listened for long misses nothing from then on',
    async (stage) => {
      const feed = new StageFeed('harbour', 5)
      stage.publisher.offer(feed)
      let early = 0
      await listening(stage, feed, (rows) => {
        early += rows.length
      })
      stage.publisher.announce('harbour', feed.commit(0, 10))
      await until(stage.clock, 'the early listener hears ten rows', () => early >= 10)
      const late = new Set<number>()
      stage.publisher.announce('harbour', feed.commit(0, 1))
      stage.consumer.listen('harbour', (rows) => {
        for (const row of rows) late.add(row.position)
      })
      stage.publisher.announce('harbour', feed.commit(0, 20))
      await until(stage.clock, 'the late listener hears twenty rows', () =>
        numbers(12, 31).every((at) => late.has(at))
      )
    }
  ]
]

/** What a bus promises that calls itself ordered. */
export const busOrderedCases: readonly BusCase[] = [
  [
    'rows of a partition are heard in the order of their positions',
    async (stage) => {
      const feed = new StageFeed('harbour', 5)
      stage.publisher.offer(feed)
      const heard: LogRow[] = []
      stage.consumer.listen('harbour', (rows) => heard.push(...rows))
      await until(stage.clock, 'a hundred rows of each partition are heard', () => {
        for (const partition of [3, 1]) stage.publisher.announce('harbour', feed.commit(partition, 7))
        return [1, 3].every((partition) => positions(heard, partition).length >= 100)
      })
      for (const partition of [1, 3]) {
        const seen = positions(heard, partition)
        claimEqual(
          seen,
          seen.toSorted((a, b) => a - b),
          `partition ${partition}`
        )
      }
    }
  ]
]
