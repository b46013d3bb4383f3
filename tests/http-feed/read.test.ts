import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type HttpFeedOptions, httpFeed } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { cloudEventOf, cloudEventsBatchType, type Feed, type LogRow } from '../../src/ports/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { type FeedServer, feedServer } from '../conformance/feed-server.ts'
import { until } from '../system/child.ts'

const opened: FeedServer[] = []

afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

async function served(options: Partial<HttpFeedOptions> = {}) {
  const bus = localBus()
  const origin = new StageFeed('sales')
  bus.offer(origin)
  const server = await feedServer(bus, systemClock())
  opened.push(server)
  const feed = httpFeed('sales', server.url, { clock: systemClock(), ids: systemIds(), ...options })
  return { origin, server, feed }
}

const positions = (rows: readonly LogRow[]): number[] => rows.map((row) => row.position)

/** A feed whose server answers everything in one way. */
async function answering(status: number, type: string, body: string, headers: Record<string, string> = {}) {
  const { server, feed } = await served()
  server.intercept((_, response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body)
    return true
  })
  return feed
}

test('full pages are asked for once, whoever reads them, and shared by those who read at the same time', async () => {
  const { origin, server, feed } = await served()
  origin.commit(0, 600)
  const [one, other] = await Promise.all([feed.read(0, 0, 512), feed.read(0, 0, 512)])
  expect(positions(one)).toEqual(Array.from({ length: 512 }, (_, index) => index + 1))
  expect(positions(other)).toEqual(positions(one))
  await feed.read(0, 256, 256)
  expect(server.requests).toEqual(['/sales/feed/0?after=0', '/sales/feed/0?after=256'])
})

test('the last page is asked for each time', async () => {
  const { origin, server, feed } = await served()
  origin.commit(0, 300)
  await feed.read(0, 256, 256)
  origin.commit(0, 1)
  expect(positions(await feed.read(0, 256, 256)).at(-1)).toBe(301)
  expect(server.requests).toHaveLength(2)
})

test('a page with room in it is asked for again, whatever is said of how long it lasts', async () => {
  const { origin, server, feed } = await served()
  const lasting = 'public, max-age=31536000, immutable'
  const rows = [...origin.commit(0, 3)]
  server.intercept((_, response) => {
    response.writeHead(200, { 'content-type': cloudEventsBatchType, 'cache-control': lasting })
    response.end(JSON.stringify(rows.map(cloudEventOf)))
    return true
  })
  expect(positions(await feed.read(0, 0, 256))).toEqual([1, 2, 3])
  rows.push(...origin.commit(0, 2))
  expect(positions(await feed.read(0, 0, 256))).toEqual([1, 2, 3, 4, 5])
})

test('a redirection is refused with its status, and nobody else is asked', async () => {
  const elsewhere = await served()
  const { server, feed } = await served({ headers: { 'x-secret': 'of the house' } })
  server.intercept((_, response) => {
    response.writeHead(302, { location: `${elsewhere.server.url}/sales/feed/0?after=0` }).end()
    return true
  })
  await expect(feed.read(0, 0, 256)).rejects.toMatchObject({
    code: 'FEED_INVALID',
    message: expect.stringContaining('302')
  })
  expect(elsewhere.server.requests).toEqual([])
})

test('text that is not UTF-8 is refused, not mended', async () => {
  const { origin, server, feed } = await served()
  origin.commit(0, 1)
  const text = JSON.stringify(
    (await feed.read(0, 0, 256)).map((row) => cloudEventOf({ ...row, data: { a: '~' } }))
  )
  const bytes = Buffer.from(text)
  const at = bytes.indexOf('~')
  expect(at).toBeGreaterThan(0)
  bytes[at] = 0xff
  server.intercept((_, response) => {
    response.writeHead(200, { 'content-type': cloudEventsBatchType }).end(bytes)
    return true
  })
  await expect(feed.read(0, 0, 256)).rejects.toMatchObject({ code: 'FEED_INVALID' })
})

test('no more of the pages is kept than the cache may hold, and the least used go first', async () => {
  const probe = await served()
  probe.origin.commit(0, 256)
  const pageBytes = JSON.stringify((await probe.feed.read(0, 0, 256)).map(cloudEventOf)).length
  const { origin, server, feed } = await served({ cacheMaxBytes: Math.floor(pageBytes * 2.5) })
  origin.commit(0, 768)
  for (const after of [0, 256, 0, 512]) await feed.read(0, after, 256)
  expect(server.requests).toHaveLength(3)
  await feed.read(0, 0, 256)
  expect(server.requests).toHaveLength(3)
  await feed.read(0, 256, 256)
  expect(server.requests).toHaveLength(4)
})

test('a reader that begins within a page comes to its boundary, and reads whole pages from there', async () => {
  const { origin, server, feed } = await served()
  origin.commit(0, 1_000)
  expect(positions(await feed.read(0, 100, 600))).toEqual(
    Array.from({ length: 600 }, (_, index) => index + 101)
  )
  expect(server.requests).toEqual([
    '/sales/feed/0?after=100&limit=156',
    '/sales/feed/0?after=256',
    '/sales/feed/0?after=512&limit=188'
  ])
})

test('a page that is too large for the memory set aside is read in parts', async () => {
  const { origin, server, feed } = await served({ bodyMaxBytes: 40_000 })
  origin.commit(0, 256)
  expect(positions(await feed.read(0, 0, 256))).toEqual(Array.from({ length: 256 }, (_, index) => index + 1))
  expect(server.requests.length).toBeGreaterThan(3)
})

test('an event that alone is larger than the memory set aside is told, with the limit', async () => {
  const { origin, feed } = await served({ bodyMaxBytes: 200 })
  origin.commit(0, 3)
  await expect(feed.read(0, 0, 256)).rejects.toMatchObject({
    code: 'FEED_INVALID',
    message: expect.stringContaining('200 bytes')
  })
})

test('an answer without a length is given up when it grows too large', async () => {
  const { server, feed } = await served({ bodyMaxBytes: 10_000 })
  let sent = 0
  server.intercept((_, response) => {
    response.writeHead(200, { 'content-type': cloudEventsBatchType })
    const more = (gone?: Error | null): void => {
      if (gone) return
      sent += 1
      response.write(' '.repeat(5_000), more)
    }
    more()
    return true
  })
  await expect(feed.read(0, 0, 1)).rejects.toMatchObject({ code: 'FEED_INVALID' })
  expect(sent).toBeGreaterThan(1)
})

test.each([500, 502, 503, 429, 408])(
  'the status %d means that the feed cannot be read now',
  async (status) => {
    const feed = await answering(status, 'text/plain', 'no')
    for (const ask of [feed.read(0, 0, 10), feed.heads()])
      await expect(ask).rejects.toMatchObject({ code: 'FEED_UNAVAILABLE', details: { service: 'sales' } })
  }
)

test.each([400, 401, 404, 204])('the status %d means that there is no such feed', async (status) => {
  const feed = await answering(status, 'text/plain', '')
  for (const ask of [feed.read(0, 0, 10), feed.heads()])
    await expect(ask).rejects.toMatchObject({
      code: 'FEED_INVALID',
      message: expect.stringContaining(`${status}`)
    })
})

test('a publisher that is not there, cuts the answer off or does not answer in time cannot be read now', async () => {
  const { server, feed } = await served()
  server.intercept((_, response) => {
    response.writeHead(200, { 'content-type': cloudEventsBatchType, 'content-length': '1000' })
    response.write('[', () => response.destroy())
    return true
  })
  await expect(feed.read(0, 0, 1)).rejects.toMatchObject({ code: 'FEED_UNAVAILABLE' })

  const clock = testClock()
  const impatient = httpFeed('sales', server.url, { clock, ids: systemIds(), requestMaxMs: 3_000 })
  const arrived = new Promise<void>((resolve) => {
    server.intercept(() => {
      resolve()
      return true
    })
  })
  const asked = impatient.heads()
  const refused = expect(asked).rejects.toMatchObject({
    code: 'FEED_UNAVAILABLE',
    message: expect.stringContaining('3000 ms')
  })
  await arrived
  await clock.advance(3_000)
  await refused

  await server.close()
  opened.splice(0)
  await expect(feed.heads()).rejects.toMatchObject({
    code: 'FEED_UNAVAILABLE',
    message: expect.stringMatching(/\/sales\/feed cannot be read: .{5}/)
  })
})

test('a publisher that has not begun to answer is given up sooner than one that has', async () => {
  const { server } = await served()
  const clock = testClock()
  const feed = httpFeed('sales', server.url, { clock, ids: systemIds(), answerMs: 2_000 })
  const refused = (after: string): Promise<void> =>
    expect(feed.heads()).rejects.toMatchObject({
      code: 'FEED_UNAVAILABLE',
      message: expect.stringContaining(after)
    })
  let asked = 0
  server.intercept(() => {
    asked += 1
    return true
  })
  const silent = refused('2000 ms')
  await until('it is asked', async () => asked === 1)
  const waiting = clock.scheduled
  await clock.advance(2_000)
  await silent
  server.intercept((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    return true
  })
  const slow = refused('30000 ms')
  expect(clock.scheduled).toBe(waiting)
  await until('what it begins with has come', async () => clock.scheduled < waiting)
  await clock.advance(30_000)
  await slow
})

/** Answers with what comes all the time and never ends. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': cloudEventsBatchType }).write('[')
  const more = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(more))
}

test('over a slow line that breaks once in a while, each read gets further, in parts', async () => {
  const { origin, server, feed } = await served({ requestMaxMs: 300 })
  origin.commit(0, 256)
  let asked = 0
  let broken = 0
  server.intercept((request, response) => {
    asked += 1
    if (asked % 10 === 0) {
      broken += 1
      request.socket.destroy()
      return true
    }
    if (Number(/limit=(\d+)/.exec(request.url ?? '')?.[1] ?? 256) <= 64) return false
    trickle(response)
    return true
  })
  const read: number[] = []
  while (read.length < 256)
    read.push(...positions(await feed.read(0, read.length, 256 - read.length).catch(() => [])))
  expect(read).toEqual(Array.from({ length: 256 }, (_, index) => index + 1))
  expect([broken > 0, asked > 10]).toEqual([true, true])
})

test('a page that begins and then stands still is not asked for in parts', async () => {
  const { origin, server } = await served()
  origin.commit(0, 8)
  const clock = testClock()
  const feed = httpFeed('sales', server.url, { clock, ids: systemIds() })
  let timers = 0
  server.intercept((_, response) => {
    timers = clock.scheduled
    response.writeHead(200, { 'content-type': cloudEventsBatchType }).write('[')
    return true
  })
  const refused = expect(feed.read(0, 0, 8)).rejects.toMatchObject({ code: 'FEED_UNAVAILABLE' })
  await until('it has begun', async () => clock.scheduled < timers)
  await clock.advance(30_000)
  await refused
  expect(server.requests).toHaveLength(1)
})

const event = cloudEventOf(new StageFeed('sales').commit(0)[0] as LogRow)
const second = cloudEventOf(new StageFeed('sales').commit(0, 2)[1] as LogRow)
const batch = (...events: readonly object[]): string => JSON.stringify(events)

test.each([
  ['a page of another kind', 'text/html', '<html>', /text\/html in place of application\/cloudevents-batch/],
  ['JSON that is broken', cloudEventsBatchType, '[{', /JSON that cannot be read/],
  ['no array', cloudEventsBatchType, '{}', /not a JSON array/],
  [
    'something that is no event',
    cloudEventsBatchType,
    batch(event, []),
    /Event 1 of the batch: it is not a JSON object/
  ],
  [
    'an event without a type',
    cloudEventsBatchType,
    batch({ ...event, type: 1 }),
    /Event 0 of the batch: type is not a text/
  ],
  [
    'events with a hole',
    cloudEventsBatchType,
    batch(second),
    /Event 0 .* position 2 of partition 0; 1 was due/
  ],
  [
    'an event twice',
    cloudEventsBatchType,
    batch(event, event),
    /Event 1 .* position 1 of partition 0; 2 was due/
  ],
  [
    'an event of another service',
    cloudEventsBatchType,
    batch({ ...event, id: 'billing:0:1', source: '/billing' }),
    /Event 0 .* is of billing, not of sales/
  ],
  [
    'an event of another partition',
    cloudEventsBatchType,
    batch({ ...event, id: 'sales:1:1' }),
    /partition 1, not asked for/
  ],
  [
    'more than asked for',
    cloudEventsBatchType,
    batch(event, second, second),
    /has 3 events; 2 were asked for/
  ]
])('%s is no feed, and the place is told', async (_, type, body, message) => {
  const feed = await answering(200, type, body)
  await expect(feed.read(0, 0, 2)).rejects.toMatchObject({
    code: 'FEED_INVALID',
    message: expect.stringMatching(message),
    details: { service: 'sales', url: expect.stringContaining('/sales/feed/0?after=0') }
  })
})

test.each([
  ['{"service":"billing","heads":[0]}', /billing, not of sales/],
  ['{"service":"sales"}', /'heads'/],
  ['{"service":"sales","heads":[]}', /'heads'/],
  ['{"service":"sales","heads":[1.5]}', /'heads'/],
  ['{"service":"sales","heads":[-1]}', /'heads'/],
  ['null', /undefined, not of sales/]
])('the heads %s are refused', async (body, message) => {
  const feed = await answering(200, 'application/json', body)
  await expect(feed.heads()).rejects.toMatchObject({
    code: 'FEED_INVALID',
    message: expect.stringMatching(message)
  })
})

test('the headers are sent with every request, and the base address may have a path', async () => {
  const { server, origin } = await served()
  origin.commit(0)
  const seen: (string | undefined)[] = []
  server.intercept((request) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    request.url = request.url?.replace('/shop/', '/') ?? ''
    return false
  })
  const options = { clock: systemClock(), ids: systemIds(), headers: { authorization: 'Bearer token' } }
  const feed: Feed = httpFeed('sales', `${server.url}/shop/`, options)
  await feed.heads()
  await feed.read(0, 0, 1)
  expect(seen).toEqual(['/shop/sales/feed Bearer token', '/shop/sales/feed/0?after=0&limit=1 Bearer token'])
})
