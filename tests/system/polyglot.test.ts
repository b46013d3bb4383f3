import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { httpFeed } from '../../src/adapters/http-feed/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { natsMissing, natsServer } from '../servers/nats-server.ts'
import { pythonMissing } from '../servers/python.ts'
import { available } from '../servers/required.ts'
import { until } from './child.ts'
import { BikeSystem } from './polyglot-bikes.ts'
import type { Program } from './skerry-process.ts'

const example = {
  config: 'examples/polyglot/skerry.config.ts',
  files: [
    'examples/polyglot/python/checkpoints.py',
    'examples/polyglot/python/consumer.py',
    'examples/polyglot/python/event.py',
    'examples/polyglot/python/feed_client.py',
    'examples/polyglot/python/feed_log.py',
    'examples/polyglot/python/feed_server.py',
    'examples/polyglot/python/logbook.py',
    'examples/polyglot/python/nats_client.py',
    'examples/polyglot/python/nats_consumer.py',
    'examples/polyglot/python/producer.py'
  ]
}
const progress = /[1-9]\d* new events/

async function killed(program: Program): Promise<void> {
  program.child.kill('SIGKILL')
  expect((await program.ended).signal).toBe('SIGKILL')
}

/** Every entry once and in order, in the end. */
async function writtenDown(system: BikeSystem): Promise<void> {
  await until('all is written down', async () => system.logbook().length >= system.entries.length)
  expect(system.logbook()).toEqual(system.entries)
}

/** Everything that is due was heard once and in order, in the end. */
async function heardByWorkshop(system: BikeSystem): Promise<void> {
  const all = JSON.stringify(system.allDue)
  await expect.poll(async () => JSON.stringify(await system.due()), { timeout: 30_000 }).toBe(all)
}

/** Bikes are out until the program has said something. */
async function ridingUntil(system: BikeSystem, program: Program, said: string): Promise<void> {
  await until(`it says '${said}'`, async () => {
    await system.ride(1)
    return program.output.includes(said)
  })
}

describe.skipIf(!available('python', pythonMissing()))('services in Python', () => {
  test('a consumer has each event once and in order, whoever is killed', async () => {
    const system = await BikeSystem.begin(example)
    const consumer = (): Program => system.python('consumer.py', system.url, 'logbook.db')
    // In the middle of what is being said.
    for (let round = 0; round < 3; round += 1) {
      const running = consumer()
      const riding = system.ride(6)
      await running.until(progress)
      await killed(running)
      await riding
    }
    // In the middle of what it has missed, which is several batches.
    await system.ride(36)
    const behind = consumer()
    await behind.until(progress)
    await killed(behind)
    // The service is killed under it.
    const last = consumer()
    const riding = system.ride(6)
    await last.until(progress)
    await system.crash()
    await last.until(/trying again/)
    await system.start()
    await riding
    await writtenDown(system)
    await killed(last)
  })

  test('a service of Skerry hears all that a producer says, in order, whoever is killed', async () => {
    const system = await BikeSystem.begin(example)
    const { url, inspectionsPort } = system
    const producer = (): Program => system.python('producer.py', url, `${inspectionsPort}`, 'inspections.db')
    for (let round = 0; round < 3; round += 1) {
      const running = producer()
      const riding = system.ride(5)
      await running.until(progress)
      await killed(running)
      await riding
    }
    const last = producer()
    await heardByWorkshop(system)
    const riding = system.ride(8)
    await system.crash()
    await last.until(/trying again/)
    await system.start()
    await riding
    await heardByWorkshop(system)
    expect(system.allDue[0]).toEqual(['b-1', { afterRides: [3, 6, 9, 12, 15, 18, 21] }])

    // A request that waits is answered with what it waits for, and the trace of events goes through Python.
    const feed = `http://127.0.0.1:${inspectionsPort}/inspections/feed`
    const { heads } = (await (await fetch(feed)).json()) as { heads: readonly number[] }
    const news = async (waitMs: number): Promise<readonly Record<string, string>[]> =>
      (await fetch(`${feed}?after=${heads}&waitMs=${waitMs}`)).json() as Promise<Record<string, string>[]>
    expect(await news(0)).toEqual([])
    const waiting = news(30_000)
    await system.ride(1)
    const [event] = await waiting
    expect(event).toMatchObject({
      type: 'InspectionDue',
      causationid: expect.stringMatching(/^fleet:\d+:\d+$/),
      correlationid: expect.stringMatching(/./)
    })
    await killed(last)
  })

  test('an effect that was caused and has no checkpoint yet is undone by a kill, and caused again', async () => {
    const system = await BikeSystem.begin(example)
    const { url, inspectionsPort } = system
    const consumer = (): Program => system.python('consumer.py', url, 'logbook.db')
    const producer = (): Program => system.python('producer.py', url, `${inspectionsPort}`, 'inspections.db')
    for (const start of [consumer, producer]) {
      const running = start()
      await running.until(progress)
      await killed(running)
    }
    await system.ride(4)
    await system.killedBeforeCheckpoint(consumer, 'logbook.db', 'logbook')
    await system.killedBeforeCheckpoint(producer, 'inspections.db', 'log')
    const last = [consumer(), producer()]
    await writtenDown(system)
    await heardByWorkshop(system)
    for (const program of last) await killed(program)
  })

  test('the feed of the producer is as the protocol says', async () => {
    const system = await BikeSystem.begin(example)
    const say = [
      'import checkpoints, feed_log',
      'database = checkpoints.open_database("inspections.db", feed_log.SCHEMA)',
      'with checkpoints.transaction(database):',
      '  for n in range(600): feed_log.say(database, "inspections", "InspectionDue", "b-1", {"bikeId": "b-1", "rides": n})'
    ]
    const said = spawnSync('python3', ['-c', say.join('\n')], { cwd: system.cwd, encoding: 'utf8' })
    expect([said.status, said.stderr]).toEqual([0, ''])
    const { inspectionsPort } = system
    const base = `http://127.0.0.1:${inspectionsPort}`
    await system.python('producer.py', system.url, `${inspectionsPort}`, 'inspections.db').until(/is served/)
    const feed = httpFeed('inspections', base, { clock: systemClock(), ids: systemIds() })
    const heads = await feed.heads()
    const partition = heads.indexOf(600)
    expect(heads.filter((head) => head > 0)).toEqual([600])
    const rows = await feed.read(partition, 0, 1_000)
    expect(rows.map(({ position, data }) => [position, data])).toEqual(
      Array.from({ length: 600 }, (_, n) => [n + 1, { bikeId: 'b-1', rides: n }])
    )

    const page = async (after: string, headers: Record<string, string> = {}, path = `/${partition}`) => {
      const answer = await fetch(`${base}/inspections/feed${path}?after=${after}`, { headers })
      const body = await answer.text()
      return { status: answer.status, is: (name: string) => answer.headers.get(name), body }
    }
    const full = await page('256')
    expect([full.is('content-type'), full.is('cache-control')]).toEqual([
      'application/cloudevents-batch+json',
      'public, max-age=31536000, immutable'
    ])
    expect(full.is('link')).toBe(`</inspections/feed/${partition}?after=512>; rel="next"`)
    for (const after of ['512', '255']) expect((await page(after)).is('cache-control')).toBe('no-cache')
    const again = await page('256', { 'if-none-match': full.is('etag') ?? '' })
    expect([again.status, again.body]).toEqual([304, ''])
    expect((await page('512', { 'if-none-match': full.is('etag') ?? '' })).status).toBe(200)
    const refusals = [await page('x'), await page('0', {}, '/99'), await page('1,2', {}, '')]
    expect(refusals.map(({ status, body }) => [status, JSON.parse(body).code])).toEqual([
      [400, 'POSITION_INVALID'],
      [404, 'PARTITION_UNKNOWN'],
      [400, 'POSITION_INVALID']
    ])
  })

  describe.skipIf(!available('nats', natsMissing()))('over NATS', () => {
    const atNats = async (lines: readonly string[] = []) => {
      const server = await natsServer({ lines })
      const profile = { args: ['--profile', 'nats'], env: { NATS_URL: server.url } }
      const system = await BikeSystem.begin(example, profile)
      const consumer = (): Program => system.python('nats_consumer.py', system.url, server.url, 'logbook.db')
      return { server, system, consumer }
    }

    test('a consumer has each event once and in order, whoever is killed', async () => {
      const { server, system, consumer } = await atNats()
      const first = consumer()
      await ridingUntil(system, first, 'new events by NATS')
      const riding = system.ride(6)
      await killed(first)
      await riding
      const last = consumer()
      await last.until(/new events by the feed/)
      await server.kill()
      await last.until(/trying again/)
      await system.ride(3)
      await writtenDown(system)
      await server.start()
      last.output = ''
      await ridingUntil(system, last, 'new events by NATS')
      last.errors = ''
      await system.crash()
      await last.until(/trying again/)
      await system.start()
      await system.ride(3)
      await writtenDown(system)
      await killed(last)
      await server.remove()
    })

    test('a service of Skerry that hears others over NATS hears a producer that only has a feed', async () => {
      const { server, system } = await atNats()
      const { url, inspectionsPort } = system
      const producer = system.python('producer.py', url, `${inspectionsPort}`, 'inspections.db')
      await system.ride(6)
      await heardByWorkshop(system)
      await killed(producer)
      await server.remove()
    })

    test('events that NATS loses, or that are too large for it, are read from the feed', async () => {
      const lossy = 'mappings = { "skerry.fleet.>": [ { destination: "skerry.fleet.>", weight: 70% } ] }'
      const { server, system, consumer } = await atNats([lossy, 'max_payload: 8192'])
      const running = consumer()
      await ridingUntil(system, running, 'new events by NATS')
      await ridingUntil(system, running, 'comes without the one before it')
      let far = 0
      await until('one is too large', async () => {
        far += 1
        await system.addBike(`far-${far}`, 'far '.repeat(4_000))
        return running.output.includes('is too large for NATS')
      })
      await system.ride(1)
      await writtenDown(system)
      await killed(running)
      await server.remove()
    })
  })
})
