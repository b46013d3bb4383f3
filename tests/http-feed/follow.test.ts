import { afterEach, expect, test } from 'vitest'
import { type HttpFeedBusOptions, httpFeedBus } from '../../src/adapters/http-feed/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { StageFeed, until } from '../../src/conformance/bus-stage.ts'
import { type Bus, type Clock, type Ids, instanceLook, type Log, type LogRow } from '../../src/ports/index.ts'
import { type FeedServer, feedServer } from '../conformance/feed-server.ts'

const clock = systemClock()
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function served() {
  const publisher = localBus()
  const origin = new StageFeed('sales')
  publisher.offer(origin)
  const server = await feedServer(publisher, clock)
  closing.push(() => server.close())
  return { publisher, origin, server }
}

function following(server: FeedServer, options: Partial<HttpFeedBusOptions> = {}): Bus {
  const bus = httpFeedBus({
    urls: { sales: server.url },
    local: localBus(),
    clock,
    ids: systemIds(),
    ...options
  })
  closing.push(() => bus.close())
  return bus
}

/** A clock on which pauses are over at once and recorded; longer times, such as limits, are as they are. */
function hastyClock(pauseMaxMs: number): { readonly clock: Clock; readonly pauses: number[] } {
  const pauses: number[] = []
  return {
    pauses,
    clock: {
      ...clock,
      schedule(delayMs, task) {
        if (delayMs > pauseMaxMs) return clock.schedule(delayMs, task)
        pauses.push(delayMs)
        return clock.schedule(0, task)
      }
    }
  }
}

const drawing = (...draws: readonly number[]): Ids => {
  let drawn = 0
  return { ...systemIds(), random: () => draws[drawn++ % draws.length] ?? 0 }
}

const news = (server: FeedServer): readonly string[] =>
  server.requests.filter((url) => url.includes('waitMs'))

test('many listeners of a service are one request, and when the last is gone nobody asks any more', async () => {
  const { publisher, origin, server } = await served()
  const bus = following(server)
  const heard = [0, 0, 0]
  const forget = heard.map((_, index) =>
    bus.listen('sales', (rows) => {
      heard[index] = (heard[index] ?? 0) + rows.length
    })
  )
  publisher.announce('sales', origin.commit(0, 3))
  await until(clock, 'all hear', () => heard.every((count) => count > 0))
  publisher.announce('sales', origin.commit(0, 1))
  await until(
    clock,
    'the request that waits has come',
    () => news(server).at(-1)?.includes('after=4,') ?? false
  )
  const asked = server.requests.length
  expect(server.requests.filter((url) => url === '/sales/feed')).toHaveLength(1)
  for (const each of forget) each()
  publisher.announce('sales', origin.commit(0, 1))
  await bus.feed('sales').heads()
  expect(server.requests).toHaveLength(asked + 1)
})

test('a service that nobody listens to is not asked', async () => {
  const { server } = await served()
  const bus = following(server)
  expect(await bus.feed('sales').heads()).toEqual([0, 0, 0, 0])
  expect(server.requests).toEqual(['/sales/feed'])
})

test('an outage loses nothing and is told once: the news go on where they stopped', async () => {
  const { publisher, origin, server } = await served()
  const told: string[] = []
  const tell = (text: string): void => {
    told.push(text)
  }
  const log: Log = { debug: tell, info: tell, warn: tell, error: tell }
  const bus = following(server, { log, retryBaseMs: 1, retryMaxMs: 4 })
  const heard: number[] = []
  bus.listen('sales', (rows) => heard.push(...rows.map((row) => row.position)))
  publisher.announce('sales', origin.commit(0, 1))
  await until(clock, 'the first row is heard', () => heard.includes(1))
  let refused = 0
  server.intercept((_, response) => {
    refused += 1
    if (refused % 2 === 0) response.destroy()
    else response.writeHead(503).end()
    return true
  })
  publisher.announce('sales', origin.commit(0, 400))
  await until(clock, 'ten attempts fail', () => refused > 10)
  const before = heard.length
  server.intercept(undefined)
  await until(clock, 'all rows are heard', () => heard.at(-1) === 401)
  expect(before).toBeLessThan(258)
  expect(heard).toEqual(Array.from({ length: 401 }, (_, index) => index + 1))
  expect(told).toEqual([
    'The feed of another service cannot be followed; trying again.',
    'The feed of another service is followed again.'
  ])
})

test('the pauses between attempts double up to their limit, each with full jitter, and begin anew after success', async () => {
  const { publisher, origin, server } = await served()
  const { clock: hasty, pauses } = hastyClock(1_000)
  server.intercept((_, response) => {
    response.writeHead(503).end()
    return true
  })
  const bus = following(server, { clock: hasty, ids: drawing(1, 0.5), retryBaseMs: 100, retryMaxMs: 1_000 })
  let heard = 0
  bus.listen('sales', (rows) => {
    heard += rows.length
  })
  await until(clock, 'seven pauses', () => pauses.length >= 7)
  server.intercept(undefined)
  expect(pauses.slice(0, 7)).toEqual([100, 100, 400, 400, 1_000, 500, 1_000])
  publisher.announce('sales', origin.commit(0, 1))
  await until(clock, 'a row is heard', () => heard > 0)
  pauses.length = 0
  server.intercept((_, response) => {
    response.writeHead(503).end()
    return true
  })
  publisher.announce('sales', origin.commit(0, 1))
  await until(clock, 'a pause', () => pauses.length >= 1)
  expect(pauses[0]).toBeLessThanOrEqual(100)
})

test('a publisher that does not hold its answers back is not asked in a tight loop', async () => {
  const { server } = await served()
  const { clock: hasty, pauses } = hastyClock(1_000)
  const bus = following(server, { clock: hasty, ids: drawing(0.5), waitMs: 0 })
  bus.listen('sales', () => {})
  await until(clock, 'five requests', () => news(server).length >= 5)
  const asked = news(server).length
  expect(pauses.length).toBeGreaterThanOrEqual(asked - 2)
  expect(new Set(pauses)).toEqual(new Set([50]))
})

test('close ends a request that is held back, at once', async () => {
  const { server } = await served()
  const bus = following(server, { waitMs: 30_000 })
  bus.listen('sales', () => {})
  await until(clock, 'the request that waits has come', () => news(server).length === 1)
  const start = performance.now()
  await bus.close()
  expect(performance.now() - start).toBeLessThan(5_000)
  await expect(bus.feed('sales').heads()).rejects.toMatchObject({ code: 'FEED_UNAVAILABLE' })
  const asked = server.requests.length
  bus.listen('sales', () => {})
  expect(server.requests).toHaveLength(asked)
})

test('a service that comes to be offered in this process is served here, also to those who listen already', async () => {
  const { server } = await served()
  const bus = following(server)
  const heard: LogRow[] = []
  bus.listen('sales', (rows) => heard.push(...rows))
  await until(clock, 'the request that waits has come', () => news(server).length === 1)
  const here = new StageFeed('sales', 2)
  bus.offer(here)
  expect(bus.feed('sales')).toBe(here)
  bus.announce('sales', here.commit(1, 2))
  await until(clock, 'the rows are heard', () => heard.length === 2)
  const asked = server.requests.length
  bus.listen('sales', () => {})
  expect(server.requests).toHaveLength(asked)
})

test('a log that was put back to an older state, with other partitions, is followed again', async () => {
  const { publisher, origin, server } = await served()
  const bus = following(server, { retryBaseMs: 1, waitMs: 5 })
  const heard: string[] = []
  bus.listen('sales', (rows) => heard.push(...rows.map((row) => `${row.partition}:${row.position}`)))
  publisher.announce('sales', origin.commit(3, 5))
  await until(clock, 'the rows are heard', () => heard.includes('3:5'))
  const other = new StageFeed('sales', 2)
  publisher.offer(other)
  publisher.announce('sales', other.commit(1, 2))
  await until(clock, 'the rows of the other log are heard', () => heard.includes('1:2'))
})

/** A log that is followed, and what is heard of it, as `partition:position correlation`. */
async function followed(options: Partial<HttpFeedBusOptions> = {}) {
  const stage = await served()
  const heard: string[] = []
  following(stage.server, { retryBaseMs: 1, retryMaxMs: 4, ...options }).listen('sales', (rows) =>
    heard.push(...rows.map((row) => `${row.partition}:${row.position} ${row.correlationId}`))
  )
  const isHeard = (row: string): Promise<void> =>
    until(clock, `${row} is heard`, () => heard.some((each) => `${each} `.startsWith(`${row} `)))
  return { ...stage, heard, isHeard }
}

/** During an outage the log is put back and comes on, in some partitions with other rows; what was heard is forgotten. */
async function putBack(
  { publisher, origin, server, heard }: Awaited<ReturnType<typeof followed>>,
  log: StageFeed,
  isOther: (partition: number) => boolean
): Promise<void> {
  let refused = 0
  server.intercept((_, response) => {
    refused += 1
    response.writeHead(503).end()
    return true
  })
  publisher.announce('sales', origin.commit(1, 1))
  await until(clock, 'attempts fail', () => refused > 2)
  publisher.offer({
    service: 'sales',
    heads: () => log.heads(),
    read: async (partition, ...part) =>
      (await log.read(partition, ...part)).map((row) =>
        isOther(partition) ? { ...row, correlationId: `other-${row.position}` } : row
      )
  })
  heard.length = 0
  server.intercept(undefined)
}

test('a log that came as far again with other rows during an outage is announced from the last row that was heard', async () => {
  const stage = await followed()
  stage.publisher.announce('sales', stage.origin.commit(0, 3))
  await stage.isHeard('0:3')
  const other = new StageFeed('sales')
  other.commit(0, 5)
  await putBack(stage, other, () => true)
  await until(clock, 'the other rows are heard', () => stage.heard.length >= 3)
  expect(stage.heard).toEqual(['0:3 other-3', '0:4 other-4', '0:5 other-5'])
})

test('a log that has one row less after an outage is announced from there, and where its rows are others as ever', async () => {
  const stage = await followed()
  stage.publisher.announce('sales', [...stage.origin.commit(0, 3), ...stage.origin.commit(2, 1)])
  await stage.isHeard('0:3')
  await stage.isHeard('2:1')
  const other = new StageFeed('sales')
  other.commit(0, 2)
  other.commit(1, 1)
  other.commit(2, 3)
  await putBack(stage, other, (partition) => partition === 2)
  await stage.isHeard('0:2')
  await stage.isHeard('2:3 other-3')
  expect(stage.heard.filter((row) => row.startsWith('2:'))).toEqual([
    '2:1 other-1',
    '2:2 other-2',
    '2:3 other-3'
  ])
  stage.publisher.announce('sales', other.commit(0, 1))
  await stage.isHeard('0:3')
})

test('after an outage the last row of every partition is compared, also when the first answer comes in parts', async () => {
  const stage = await followed({ bodyMaxBytes: 1_000 })
  stage.publisher.announce('sales', [...stage.origin.commit(0, 3), ...stage.origin.commit(3, 2)])
  await stage.isHeard('3:2')
  const other = new StageFeed('sales')
  other.commit(0, 8)
  other.commit(1, 1)
  other.commit(3, 2)
  const asked = news(stage.server).length
  await putBack(stage, other, (partition) => partition === 3)
  await stage.isHeard('3:2 other-2')
  const since = news(stage.server).slice(asked)
  expect(since.some((url) => url.endsWith('limit=1'))).toBe(true)
  expect(stage.heard.filter((row) => row.startsWith('3:'))).toEqual(['3:2 other-2'])
})

test('news that are too large for the memory set aside are read in parts', async () => {
  const { publisher, origin, server } = await served()
  const bus = following(server, { bodyMaxBytes: 20_000 })
  const heard = new Set<number>()
  bus.listen('sales', (rows) => {
    for (const row of rows) heard.add(row.position)
  })
  publisher.announce('sales', origin.commit(0, 1))
  await until(clock, 'the first row is heard', () => heard.has(1))
  publisher.announce('sales', origin.commit(0, 500))
  await until(clock, 'all rows are heard', () => heard.size === 501)
  expect(news(server).some((url) => url.includes('limit=64'))).toBe(true)
})

test('of several instances one is followed, and when it is gone another, without a hole or a repetition', async () => {
  const { publisher, origin, server } = await served()
  const other = await feedServer(publisher, clock)
  closing.push(() => other.close())
  const bus = following(server, { urls: () => [server.url, other.url], retryBaseMs: 1 })
  const heard: number[] = []
  bus.listen('sales', (rows) => heard.push(...rows.map(({ position }) => position)))
  publisher.announce('sales', origin.commit(0, 1))
  await until(clock, 'the first row is heard', () => heard.includes(1))
  expect([server.requests.length > 0, other.requests]).toEqual([true, []])
  await server.close()
  publisher.announce('sales', origin.commit(0, 3))
  await until(clock, 'the other rows are heard', () => heard.includes(4))
  expect(heard).toEqual([1, 2, 3, 4])
  expect((await bus.feed('sales').read(0, 0, 10)).length).toBe(4)
})

test('an instance that stands still is left as soon as it is not known any more, not when its time is over', async () => {
  const { publisher, origin, server } = await served()
  const other = await feedServer(publisher, clock)
  closing.push(() => other.close())
  let held = 0
  server.intercept(({ url }) => {
    if (url !== instanceLook.path) held += 1
    return true
  })
  let known: readonly string[] = [server.url, other.url]
  const bus = following(server, {
    urls: () => known,
    retryBaseMs: 1,
    answerMs: 600_000,
    requestMaxMs: 600_000
  })
  const heard: LogRow[] = []
  bus.listen('sales', (rows) => heard.push(...rows))
  const heads = bus.feed('sales').heads()
  await until(clock, 'both requests are held', () => held === 2)
  publisher.announce('sales', origin.commit(0, 1))
  known = [other.url]
  await expect(heads).rejects.toMatchObject({ code: 'FEED_UNAVAILABLE' })
  await until(clock, 'the row is heard', () => heard.length > 0)
  expect(held).toBe(2)
})

test('a service of which no instance is known is unavailable until there is one; one without a way is unknown', async () => {
  const { publisher, origin, server } = await served()
  let known: readonly string[] = []
  const bus = following(server, {
    urls: (service) => (service === 'sales' ? known : undefined),
    retryBaseMs: 1
  })
  const heard: LogRow[] = []
  bus.listen('sales', (rows) => heard.push(...rows))
  await expect(bus.feed('sales').heads()).rejects.toMatchObject({ code: 'FEED_UNAVAILABLE' })
  expect(() => bus.feed('billing')).toThrow(expect.objectContaining({ code: 'SERVICE_UNKNOWN' }))
  publisher.announce('sales', origin.commit(0, 1))
  known = [server.url]
  await until(clock, 'the row is heard', () => heard.length > 0)
  expect((await bus.feed('sales').heads())[0]).toBe(1)
})
