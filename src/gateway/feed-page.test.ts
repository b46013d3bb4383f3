import { expect, test } from 'vitest'
import { localBus } from '../adapters/local/index.ts'
import type { Bus, Feed, LogRow } from '../ports/index.ts'
import { testClock } from '../testing/index.ts'
import { feedPages } from './feed-page.ts'

function rowAt(partition: number, position: number): LogRow {
  return {
    service: 'sales',
    partition,
    position,
    kind: 'event',
    type: 'OrderAccepted',
    version: 1,
    unit: 'order',
    key: `order-${position}`,
    sequence: 1,
    previous: 0,
    timeMs: 0,
    correlationId: '',
    causationId: '',
    traceparent: '',
    data: {}
  }
}

/** A feed on a bus whose listeners are counted. */
function stage(...counts: readonly number[]) {
  const logs = counts.map((count, partition) =>
    Array.from({ length: count }, (_, index) => rowAt(partition, index + 1))
  )
  const feed: Feed = {
    service: 'sales',
    read: (partition, after, limit) => Promise.resolve((logs[partition] ?? []).slice(after, after + limit)),
    heads: () => Promise.resolve(logs.map((log) => log.length))
  }
  const clock = testClock()
  const local = localBus()
  let listeners = 0
  const bus: Bus = {
    ...local,
    listen(service, listener) {
      listeners += 1
      const forget = local.listen(service, listener)
      return () => {
        listeners -= 1
        forget()
      }
    }
  }
  const commit = (partition: number): void => {
    const log = logs[partition] as LogRow[]
    log.push(rowAt(partition, log.length + 1))
    bus.announce('sales', log.slice(-1))
  }
  return { pages: feedPages({ feed, bus, clock }), clock, commit, listeners: () => listeners, feed }
}

const places = (rows: readonly LogRow[]): string[] => rows.map((row) => `${row.partition}:${row.position}`)

/** Whether a promise is settled after the event loop has turned a few times. */
async function settled(
  clock: { advance(ms: number): Promise<void> },
  promise: Promise<unknown>
): Promise<boolean> {
  let done = false
  void promise.finally(() => {
    done = true
  })
  await clock.advance(0)
  return done
}

test('the heads are given with the service and the size of a page', async () => {
  const { pages } = stage(3, 0, 1)
  expect(await pages.heads()).toEqual({ service: 'sales', pageRows: 256, heads: [3, 0, 1] })
})

test('a page is immutable when it begins at a boundary and is full, and only then', async () => {
  const { pages } = stage(600)
  const immutable = async (after: number, limit?: number): Promise<boolean> =>
    (await pages.page('0', { after: String(after), ...(limit && { limit: String(limit) }) })).immutable
  expect(await Promise.all([0, 256, 512, 1, 255].map((after) => immutable(after)))).toEqual([
    true,
    true,
    false,
    false,
    false
  ])
  expect(await immutable(0, 255)).toBe(false)
  expect(await immutable(0, 256)).toBe(true)
})

test('a page has the rows behind its position, at most as many as asked for, and says where to go on', async () => {
  const { pages } = stage(300)
  const first = await pages.page('0', {})
  expect([first.rows.length, first.next]).toEqual([256, '256'])
  const second = await pages.page('0', { after: first.next })
  expect([second.rows[0]?.position, second.rows.length, second.next]).toEqual([257, 44, '300'])
  const part = await pages.page('0', { after: '7', limit: '2' })
  expect([places(part.rows), part.next]).toEqual([['0:8', '0:9'], '9'])
  const behind = await pages.page('0', { after: '9999' })
  expect([behind.rows, behind.next]).toEqual([[], '9999'])
})

test('entity tags are equal for equal rows of an address and differ when rows came', async () => {
  const { pages, commit } = stage(10)
  const before = await pages.page('0', { after: '4' })
  expect((await pages.page('0', { after: '4' })).etag).toBe(before.etag)
  commit(0)
  expect((await pages.page('0', { after: '4' })).etag).not.toBe(before.etag)
  expect(before.etag).toMatch(/^"[^"]+"$/)
})

test('a page that would be empty waits for a row of its partition', async () => {
  const { pages, commit, clock, listeners } = stage(2, 2)
  const page = pages.page('1', { after: '2', waitMs: '20000' })
  expect(await settled(clock, page)).toBe(false)
  commit(0)
  expect(await settled(clock, page)).toBe(false)
  commit(1)
  expect(places((await page).rows)).toEqual(['1:3'])
  expect([listeners(), clock.scheduled]).toEqual([0, 0])
})

test('a page that is asked for behind the end waits for the row behind its position', async () => {
  const { pages, commit, clock } = stage(2)
  const page = pages.page('0', { after: '3', waitMs: '20000' })
  expect(await settled(clock, page)).toBe(false)
  commit(0)
  expect(await settled(clock, page)).toBe(false)
  commit(0)
  expect(places((await page).rows)).toEqual(['0:4'])
})

test('a wait ends empty when its time is over, when the caller is gone, and when serving stops', async () => {
  const { pages, clock, listeners } = stage(0)
  const late = pages.page('0', { waitMs: '500' })
  await clock.advance(499)
  expect(await settled(clock, late)).toBe(false)
  await clock.advance(1)
  expect((await late).rows).toEqual([])
  const gone = new AbortController()
  const left = pages.page('0', { waitMs: '500' }, gone.signal)
  expect(await settled(clock, left)).toBe(false)
  gone.abort()
  expect((await left).rows).toEqual([])
  const stopped = [pages.page('0', { waitMs: '500' }), pages.news({ after: '0', waitMs: '500' })]
  for (const each of stopped) expect(await settled(clock, each)).toBe(false)
  pages.stop()
  for (const each of stopped) expect((await each).rows).toEqual([])
  expect((await pages.page('0', { waitMs: '500' })).rows).toEqual([])
  expect([listeners(), clock.scheduled]).toEqual([0, 0])
})

test('a row that is committed while the page is being read is not waited for', async () => {
  const { feed, clock } = stage(0)
  const bus = localBus()
  const log: LogRow[] = []
  let reads = 0
  const slow: Feed = {
    ...feed,
    read: () => {
      reads += 1
      const seen = [...log]
      if (reads === 1) {
        log.push(rowAt(0, 1))
        bus.announce('sales', log)
      }
      return Promise.resolve(seen)
    }
  }
  const pages = feedPages({ feed: slow, bus, clock })
  expect(places((await pages.page('0', { waitMs: '20000' })).rows)).toEqual(['0:1'])
})

test('a read that fails fails the page, and nobody waits any more', async () => {
  const { feed, clock } = stage(0)
  const failing: Feed = { ...feed, read: () => Promise.reject(new Error('The store is away.')) }
  const pages = feedPages({ feed: failing, bus: localBus(), clock })
  await expect(pages.page('0', { waitMs: '20000' })).rejects.toThrow('The store is away.')
  expect(clock.scheduled).toBe(0)
})

test('the news are the rows of all partitions behind the positions', async () => {
  const { pages } = stage(3, 0, 2)
  const news = await pages.news({ after: '1,0,0' })
  expect(places(news.rows)).toEqual(['0:2', '0:3', '2:1', '2:2'])
  expect([news.next, news.immutable]).toEqual(['3,0,2', false])
})

test('the news are shared fairly: a busy partition leaves the others their part', async () => {
  const { pages } = stage(1_000, 5, 1_000, 0)
  const news = await pages.news({ after: '0,0,0,0' })
  const counts = [0, 1, 2, 3].map(
    (partition) => news.rows.filter((row) => row.partition === partition).length
  )
  expect(counts).toEqual([86, 5, 165, 0])
  const few = await pages.news({ after: '0,0,0,0', limit: '2' })
  expect(places(few.rows)).toEqual(['0:1', '1:1'])
})

test('news that would be empty wait for a row of any partition', async () => {
  const { pages, commit, clock } = stage(1, 1)
  const news = pages.news({ after: '1,1', waitMs: '30000' })
  expect(await settled(clock, news)).toBe(false)
  commit(1)
  expect(await news).toMatchObject({ next: '1,2', rows: [{ partition: 1, position: 2 }] })
})

test.each([
  ['page', { after: '-1' }],
  ['page', { after: 'x' }],
  ['page', { after: '' }],
  ['page', { after: '1.5' }],
  ['page', { after: '99999999999999999' }],
  ['page', { limit: '0' }],
  ['page', { limit: '257' }],
  ['page', { waitMs: '30001' }],
  ['page', { waitMs: '-5' }],
  ['news', { after: '1' }],
  ['news', { after: '1,2,3' }],
  ['news', { after: '1,x' }],
  ['news', { after: '1,2' }],
  ['news', {}]
] as const)('a %s with the query %j is refused', async (kind, query) => {
  const { pages } = stage(1, 1)
  const asked = kind === 'page' ? pages.page('0', query) : pages.news(query)
  await expect(asked).rejects.toMatchObject({ code: 'POSITION_INVALID' })
})

test.each(['2', '-1', 'x', '', '1.0', '9999999'])(
  'the partition %j is refused where there are two',
  async (partition) => {
    const { pages } = stage(1, 1)
    await expect(pages.page(partition, {})).rejects.toMatchObject({ code: 'PARTITION_UNKNOWN' })
  }
)
