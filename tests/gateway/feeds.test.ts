import { expect, test } from 'vitest'
import { httpFeed } from '../../src/adapters/http-feed/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { partitionOf } from '../../src/core/index.ts'
import { feedPageRows, rowOfCloudEvent } from '../../src/ports/index.ts'
import { codeOf } from './problem-of.ts'
import { rawSocket, statusesIn } from './raw-socket.ts'
import { type StartedShop, sampleOrder, startShop } from './start-shop.ts'

interface Heads {
  readonly service: string
  readonly pageRows: number
  readonly heads: readonly number[]
}

const headsOf = async (shop: StartedShop): Promise<Heads> =>
  (await (await shop.get('/sales/feed')).json()) as Heads

const eventsOf = async (answer: Response): Promise<readonly { id: string; type: string }[]> =>
  (await answer.json()) as { id: string; type: string }[]

/** Places more orders than one page holds, all in partition 0, and gives how many. */
async function fullPartition(shop: StartedShop): Promise<number> {
  const { heads } = await headsOf(shop)
  const keys: string[] = []
  for (let at = 0; keys.length < feedPageRows + 20; at++)
    if (partitionOf(`o-${at}`, heads.length) === 0) keys.push(`o-${at}`)
  const sales = shop.system.service('sales')
  await Promise.all(keys.map((key) => sales.send({ type: 'PlaceOrder', key, data: sampleOrder })))
  return keys.length
}

test('the heads say how far each partition is, and a page holds what was said, as CloudEvents', async () => {
  const shop = await startShop()
  const position = await shop.place('o-1')
  const [, partition = '', at = ''] = position.split(':')
  const heads = await headsOf(shop)
  expect(heads).toMatchObject({ service: 'sales', pageRows: feedPageRows })
  expect(heads.heads[Number(partition)]).toBe(Number(at))
  const page = await shop.get(`/sales/feed/${partition}?after=0`)
  expect(page.headers.get('content-type')).toMatch(/^application\/cloudevents-batch\+json/)
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const events = await eventsOf(page)
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({ specversion: '1.0', id: position, source: '/sales', type: 'OrderPlaced' })
  expect(rowOfCloudEvent(events[0])).toMatchObject({ key: 'o-1', position: Number(at), kind: 'event' })
})

test('a full page never changes and may be kept for ever; the last page may not', async () => {
  const shop = await startShop()
  const head = await fullPartition(shop)
  const full = await shop.get('/sales/feed/0?after=0')
  expect(full.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(await eventsOf(full.clone())).toHaveLength(feedPageRows)
  const etag = full.headers.get('etag') ?? ''
  const same = await shop.get('/sales/feed/0?after=0', { 'if-none-match': etag })
  expect(same.status).toBe(304)
  expect(same.headers.get('cache-control')).toContain('immutable')
  let next = '/sales/feed/0?after=0'
  let seen = 0
  for (let answer = full; ; answer = await shop.get(next)) {
    const rows = await eventsOf(answer)
    if (rows.length === 0) break
    seen += rows.length
    next = /<(.*)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? ''
    expect(next).toBe(`/sales/feed/0?after=${seen}`)
    if (rows.length < feedPageRows) expect(answer.headers.get('cache-control')).toBe('no-cache')
  }
  expect(seen).toBe(head)
})

test('an empty page waits for what is said next', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  const { heads } = await headsOf(shop)
  const news = shop.get(`/sales/feed?after=${heads.join(',')}&waitMs=30000`)
  await shop.post('/sales/order/o-1/CancelOrder', { reason: 'late' })
  expect((await eventsOf(await news)).map(({ type }) => type)).toEqual(['OrderCancelled'])
  const none = await shop.get(`/sales/feed/0?after=${heads[0]}&waitMs=1`)
  expect(await eventsOf(none)).toEqual([])
})

test('nobody waits for a caller that has gone away', async () => {
  const shop = await startShop()
  const raw = await rawSocket(shop.url)
  raw.write('GET /sales/feed/0?after=0&waitMs=30000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect((await shop.get('/health/live')).status).toBe(200)
  raw.socket.destroy()
  const startedMs = performance.now()
  await shop.close()
  expect(performance.now() - startedMs).toBeLessThan(3_000)
})

test('many readings on one connection leave no listener behind', async () => {
  const shop = await startShop()
  const warnings: string[] = []
  const hear = ({ message }: Error) => warnings.push(message)
  process.on('warning', hear)
  const raw = await rawSocket(shop.url)
  raw.write('GET /sales/feed/0?waitMs=1 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(30))
  expect(statusesIn(await raw.until(/(HTTP[\s\S]*?){30}\[\]$/))).toHaveLength(30)
  process.off('warning', hear)
  expect(warnings).toEqual([])
})

test('another process reads the feed through the gateway as the publisher has it', async () => {
  const shop = await startShop()
  await fullPartition(shop)
  await shop.place('o-x')
  const options = { clock: systemClock(), ids: systemIds() }
  const { feed: own } = shop.system.service('sales')
  const distant = httpFeed('sales', shop.url, options)
  expect(await distant.heads()).toEqual(await own.heads())
  expect(await distant.read(0, 0, 1_000)).toEqual(await own.read(0, 0, 1_000))
  expect(await distant.read(0, 250, 20)).toEqual(await own.read(0, 250, 20))
  await expect(httpFeed('nobody', shop.url, options).heads()).rejects.toMatchObject({ code: 'FEED_INVALID' })
})

test('a partition or a position that is none is refused', async () => {
  const shop = await startShop()
  expect(await codeOf(await shop.get('/sales/feed/16'))).toBe('404 PARTITION_UNKNOWN')
  expect(await codeOf(await shop.get('/sales/feed/x'))).toBe('404 PARTITION_UNKNOWN')
  expect(await codeOf(await shop.get('/sales/feed/0?after=-1'))).toBe('400 POSITION_INVALID')
  expect(await codeOf(await shop.get('/sales/feed?after=1,2'))).toBe('400 POSITION_INVALID')
  expect(await codeOf(await shop.get('/sales/feed/0?waitMs=30001'))).toBe('400 POSITION_INVALID')
  expect(await codeOf(await shop.get('/nowhere/feed'))).toBe('404 SERVICE_UNKNOWN')
})
