import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { httpFeed } from '../../src/adapters/http-feed/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { given, noNeeds, retentionOf } from '../../src/conformance/retention-stage.ts'
import { type Gateway, gateway } from '../../src/gateway/index.ts'
import type { LogRow, Store } from '../../src/ports/index.ts'
import { startShop } from '../gateway/start-shop.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { ArchivedCounting, partitions, rangeSpan } from './archived-counting.ts'
import { failureOf, newSchema } from './stage.ts'

const quiet = (): void => undefined
const silent = { debug: quiet, info: quiet, warn: quiet, error: quiet }

describe.runIf(available('postgres', postgresMissing()))('a system whose logs are archived', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function closing(store: Promise<Store>): Promise<Store> {
    const opened = await store
    onTestFinished(() => opened.close())
    return opened
  }

  async function restoreAll(store: Store, ranges: (readonly LogRow[])[]): Promise<void> {
    for (const rows of ranges.toReversed())
      await retentionOf(store).restore(rows[0]?.position ?? 0, given(rows), 'test')
  }

  test('services say how far they are, and what needs all of a log is refused until it is back', async () => {
    const counting = new ArchivedCounting(server, newSchema())
    const system = await counting.start()
    const store = await closing(counting.store())
    await counting.add(6)
    await system.idle()
    const ranges = await counting.archiveAll(store, 2)
    expect(ranges.flat()).toHaveLength(2 * rangeSpan * partitions)
    const names = (await retentionOf(store).subscribers()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['count', 'watch']))

    const { hash } = await system.service('watch').rowsHash('totals')
    for (const [service, unit] of [
      ['watch', 'totals'],
      ['count', 'counter']
    ] as const) {
      const refused = await failureOf(system.service(service).rebuild(unit))
      expect(refused.code).toBe('REBUILD_IMPOSSIBLE')
      expect(refused.message).toContain('The log of count begins at position 41')
      expect(refused.message).toContain('skerry archive count --restore DIR')
    }
    expect((await system.service('watch').status()).rebuilds).toEqual([])
    expect(await failureOf(system.service('count').history('counter', 'k1'))).toMatchObject({
      code: 'LOG_ARCHIVED'
    })
    expect(await system.service('count').entity('counter', 'k1')).toMatchObject({ state: { value: 6 } })
    expect(await system.service('count').check()).toEqual([])
    // A command whose answer is archived is not done a second time.
    const again = { type: 'Add', key: 'k0', data: { by: 1 }, idempotencyKey: 'a0' }
    const repeated = await failureOf(system.service('count').send(again))
    expect(repeated.code).toBe('LOG_ARCHIVED')
    expect(repeated.message).toContain('took effect as count:')
    await counting.add(1)
    await system.idle()
    expect(await counting.total()).toBe(140)
    expect(await system.service('count').entity('counter', 'k0')).toMatchObject({ state: { value: 7 } })

    await restoreAll(store, ranges)
    expect(await system.service('count').send(again)).toMatchObject({ outcome: 'accepted' })
    expect(await system.service('count').rebuild('counter')).toMatchObject({ state: 'done' })
    await system.service('watch').rebuild('totals')
    await until('the rebuild is done', async () => {
      const [status] = (await system.service('watch').status()).rebuilds
      return status?.state === 'done'
    })
    expect((await system.service('watch').rowsHash('totals')).hash).not.toBe(hash)
    expect(await counting.total()).toBe(140)
    expect(await system.service('count').history('counter', 'k1')).toHaveLength(7)
  })

  test('a system that has stopped in good order has said how far it came', async () => {
    const counting = new ArchivedCounting(server, newSchema())
    // One on which they say it when they start, and not again in this test.
    counting.clock = systemClock()
    const system = await counting.start()
    const retention = retentionOf(await closing(counting.store()))
    const lags = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await retention.subscribers()).map(({ name, lag }) => [name, lag]))
    await until('both are known', async () => Object.keys(await lags()).length === 2)
    await counting.add(6)
    await system.idle()
    expect(await lags()).toMatchObject({ count: expect.any(Number), watch: 120 })
    // The last rows are such as nobody wants, which are passed over.
    for (let key = 0; key < 20; key++)
      await system.service('count').send({ type: 'Reach', key: `k${key}`, data: { atLeast: 1 } })
    await counting.stop()
    expect(await lags()).toEqual({ count: 0, watch: 0 })
  })

  test('a publisher that does not answer does not keep its readers from stopping', async () => {
    const counting = new ArchivedCounting(server, newSchema())
    counting.clock = systemClock()
    const asked: string[] = []
    const open = counting.store.bind(counting)
    counting.store = async (service) => {
      const store = await open(service)
      if (service === 'count')
        store.acknowledge = (name) => {
          asked.push(name)
          return new Promise(() => undefined)
        }
      return store
    }
    await counting.start()
    await counting.add(1)
    await counting.system.idle()
    await until('both have told it', async () => asked.includes('watch') && asked.includes('count'))
    const begunMs = performance.now()
    await counting.stop()
    // What is under way has five seconds, and so have commands of a machine that is busy with other tests.
    expect(performance.now() - begunMs).toBeLessThan(15_000)
  })

  test('who is gone for longer than it is known waits below the floor, and goes on when the rows are back', async () => {
    const counting = new ArchivedCounting(server, newSchema())
    await counting.start()
    await counting.add(2)
    await counting.system.idle()
    await counting.stop()
    // Known, it would be waited for: somebody says that it is gone for good.
    await counting.start({}, ['count'])
    await counting.add(3)
    const store = await closing(counting.store())
    const retention = retentionOf(store)
    await until('count has said how far it is', async () => {
      const count = (await retention.subscribers()).find(({ name }) => name === 'count')
      return count?.lag === 0
    })
    const [held] = await retention.held(2, noNeeds)
    expect(held?.reasons.join()).toMatch(/^watch has committed \d+ of partition \d, not 40\.$/)
    await retention.forget('watch', 'test')
    expect(await failureOf(retention.forget('watch', 'test'))).toMatchObject({ code: 'SUBSCRIBER_UNKNOWN' })
    const ranges = await counting.archiveAll(store, 2)
    await counting.stop()

    await counting.start()
    await until('it is said that it waits', async () =>
      counting.warnings.some((text) => text.includes('archived; it waits'))
    )
    expect(await counting.total()).toBe(40)
    await restoreAll(store, ranges)
    await until('it has gone on', async () => (await counting.total()) === 100)
    expect(await counting.system.service('watch').check()).toEqual([])
  })

  test('a machine that must be folded anew does not start without all of its log', async () => {
    const counting = new ArchivedCounting(server, newSchema())
    await counting.start()
    await counting.add(3)
    await counting.system.idle()
    const store = await closing(counting.store())
    const ranges = await counting.archiveAll(store, 1)
    await counting.stop()
    const refused = await failureOf(counting.start({ revision: 2, factor: 10 }, ['count']))
    expect(refused.code).toBe('REBUILD_IMPOSSIBLE')
    expect(refused.message).toContain('20 of counter')
    await restoreAll(store, ranges)
    await counting.start({ revision: 2, factor: 10 })
    expect(await counting.system.service('count').entity('counter', 'k3')).toMatchObject({
      state: { value: 30 }
    })
  })

  async function served(counting: ArchivedCounting): Promise<Gateway> {
    const { system, bus } = counting
    const opened = await gateway({
      system,
      bus,
      clock: systemClock(),
      ids: systemIds(),
      log: silent,
      port: 0
    })
    onTestFinished(() => opened.close())
    return opened
  }

  test('over HTTP what is archived is gone, and subscribers say how far they are', async () => {
    const counting = new ArchivedCounting(server, newSchema())
    await counting.start()
    const { url } = await served(counting)
    await counting.add(4)
    await counting.system.idle()
    const store = await closing(counting.store())
    const heads = await store.heads()

    const put = (positions: unknown, name = 'pier'): Promise<Response> =>
      fetch(`${url}/count/feed/subscribers/${name}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ positions })
      })
    expect((await put([0, 0])).status).toBe(204)
    const pier = (await retentionOf(store).subscribers()).find(({ name }) => name === 'pier')
    expect(pier).toMatchObject({ positions: [0, 0], lag: 80 })
    for (const [wrong, code] of [
      ['1,2', 'BODY_INVALID'],
      [[0, -1], 'BODY_INVALID'],
      [[0], 'POSITION_INVALID'],
      [[0, 0, 0], 'POSITION_INVALID'],
      [heads.map((head) => head + 1), 'POSITION_INVALID']
    ] as const) {
      const refused = await put(wrong)
      expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ code })])
    }
    expect((await put([0, 0], 'count%2Fcounter')).status).toBe(400)
    await until('everybody but the pier has come so far', async () => {
      const reasons = (await retentionOf(store).held(1, noNeeds))[0]?.reasons ?? []
      return reasons.length === 1 && reasons[0]?.startsWith('pier')
    })

    const feed = httpFeed('count', url, { clock: systemClock(), ids: systemIds() })
    expect(await feed.firstPosition?.()).toBe(1)
    await feed.acknowledge?.('pier', heads)
    await counting.archiveAll(store, 1)
    const gone = await fetch(`${url}/count/feed/1?after=0`)
    expect(gone.status).toBe(410)
    expect(await gone.json()).toMatchObject({
      code: 'LOG_ARCHIVED',
      detail: expect.stringContaining('count:1:1')
    })
    expect(await (await fetch(`${url}/count/feed`)).json()).toMatchObject({ first: 21, heads })
    expect(await feed.firstPosition?.()).toBe(21)
    const failure = await failureOf(feed.read(1, 0, 10))
    expect(failure.code).toBe('LOG_ARCHIVED')
    expect(failure.message).toContain('skerry archive count --restore DIR')
    expect(await feed.read(1, 20, 5)).toHaveLength(5)
  })
})

test('a publisher that keeps all of its log says so, and is not told', async () => {
  const shop = await startShop()
  const answer = await fetch(`${shop.url}/sales/feed/subscribers/pier`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{ "positions": [] }'
  })
  expect([answer.status, await answer.json()]).toEqual([
    404,
    expect.objectContaining({ code: 'ROUTE_UNKNOWN' })
  ])
  const feed = httpFeed('sales', shop.url, { clock: systemClock(), ids: systemIds() })
  await feed.acknowledge?.('pier', [])
  await shop.close()
  // Nobody answers there any more, and nobody is asked.
  await feed.acknowledge?.('pier', [])
  expect(await failureOf(feed.heads())).toMatchObject({ code: 'FEED_UNAVAILABLE' })
})
