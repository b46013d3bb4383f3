import { Consumer, Producer, stringSerializers } from '@platformatic/kafka'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { kafkaReadiness } from '../../src/adapters/kafka/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { binaryCloudEventOf, type Feed, type LogRow } from '../../src/ports/index.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { type KafkaServer, kafkaMissing, kafkaServer } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'
import { freePort } from '../system/child.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

const closing: (() => Promise<void>)[] = []
let server: KafkaServer
let opened = 0

/** A system of its own on the one broker. */
function system() {
  return { prefix: `system-${opened++}`, partitions: 4 }
}

async function open(...[options = {}]: [Parameters<typeof connectedBus>[1]?]): Promise<ConnectedBus> {
  const connected = await connectedBus([server.address], options)
  closing.push(() => connected.close())
  return connected
}

/** Creates a topic as somebody else would have. */
async function existing(
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {}
): Promise<void> {
  const { admin } = await open()
  const given = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  await admin.createTopics({ topics: [name], partitions, replicas: 1, configs: given })
}

/** Two ends that hear each other, and what the far one has heard of a service. */
async function pair(options: Parameters<typeof connectedBus>[1] = {}) {
  const shared = { ...system(), feeds: localBus(), ...options }
  const near = await open({ ...shared, services: ['harbour'] })
  const far = await open(shared)
  const heard = new Heard()
  far.bus.listen('harbour', heard.listener)
  return { near, far, heard, topic: `${shared.prefix}.harbour` }
}

describe.skipIf(!available('kafka', kafkaMissing()))('what the brokers refuse or spoil', () => {
  beforeAll(async () => {
    server = await kafkaServer({ lines: ['message.max.bytes=20000'] })
  })
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })
  afterAll(() => server.remove())

  test('a prefix that cannot begin a topic is refused', async () => {
    for (const prefix of ['', 'a b', 'shop.*', 'shop.', '.shop', 'a'.repeat(101)])
      await expect(open({ prefix })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('a look makes no topic, names those that opening would make, and finds what keeps rows from being heard', async () => {
    const { admin, producer } = await open()
    const consumer = new Consumer({
      clientId: 'skerry-test',
      groupId: 'skerry-test',
      bootstrapBrokers: [server.address]
    })
    closing.push(() => consumer.close())
    const { prefix, partitions } = system()
    const look = (more: readonly string[] = []) =>
      kafkaReadiness({
        ...{ admin, producer, consumer, prefix, partitions, feeds: localBus() },
        ...{ clock: systemClock(), ids: systemIds(), services: ['harbour', ...more] }
      })
    const missing = [`${prefix}.harbour`]
    expect(await look()).toEqual({ missing })
    // Were the topic made by looking, it would be there now.
    expect(await look()).toEqual({ missing })
    expect(await admin.listTopics()).not.toContain(missing[0])
    await open({ prefix, partitions, services: ['harbour'] })
    expect(await look()).toEqual({ missing: [] })
    await existing(`${prefix}.pier`, 1)
    await until('the topic is known', async () => (await admin.listTopics()).includes(`${prefix}.pier`))
    await expect(look(['pier'])).rejects.toMatchObject({ code: 'BUS_GUARANTEE' })
  })

  test('brokers that do not answer are a failure that passes', async () => {
    const nobody = `127.0.0.1:${await freePort()}`
    await expect(connectedBus([nobody])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await expect(connectedBus([nobody], { services: ['harbour'] })).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE'
    })
  })

  test('more replicas than brokers are refused at the start, with the words of the broker', async () => {
    await expect(open({ ...system(), services: ['harbour'], replicas: 3 })).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringMatching(/only 1 broker/)
    })
  })

  test('a topic with fewer partitions than the log is refused, with the command that adds them', async () => {
    const { prefix, partitions } = system()
    await existing(`${prefix}.harbour`, 2)
    await expect(open({ prefix, partitions, services: ['harbour'] })).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringContaining(`--alter --topic ${prefix}.harbour --partitions 4`)
    })
  })

  test('a topic that is compacted, or asks for more replicas than it has, is refused', async () => {
    const { prefix, partitions } = system()
    await existing(`${prefix}.harbour`, 4, { 'cleanup.policy': 'compact' })
    await existing(`${prefix}.pilot`, 4, { 'min.insync.replicas': '2' })
    await expect(open({ prefix, partitions, services: ['harbour'] })).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringContaining('compacted')
    })
    await expect(open({ prefix, partitions, services: ['pilot'] })).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringContaining('min.insync.replicas')
    })
  })

  test('a topic that is kept otherwise is left so, and told', async () => {
    const { prefix, partitions } = system()
    await open({ prefix, partitions, services: ['harbour'], keptMaxMs: 60_000 })
    const { lines, bus } = await open({ prefix, partitions, services: ['harbour'], inSyncMin: 2 })
    expect(lines.map(({ fields }) => fields['differs'])).toEqual([
      ['retention.ms is 60000, not 3600000', 'min.insync.replicas is 1, not 2']
    ])
    expect(bus.counts.topicsCreated).toBe(0)
  })

  test('a service that was not named has its topic made when it is offered, with the partitions of its log', async () => {
    const shared = { ...system(), partitions: 1, feeds: localBus() }
    const [near, far] = [await open(shared), await open(shared)]
    const [feed, heard] = [new StageFeed('harbour', 7), new Heard()]
    far.bus.listen('harbour', heard.listener)
    near.bus.offer(feed)
    await until('a row of the last partition comes by the broker', () => {
      near.bus.announce('harbour', feed.commit(6, 1))
      return far.bus.counts.heard > 0
    })
    const name = `${shared.prefix}.harbour`
    const { topics } = await near.admin.metadata({ topics: [name], forceUpdate: true })
    expect(topics.get(name)?.partitions).toHaveLength(7)
  })

  test('a row that is larger than the topic takes goes by reference and is heard whole, in its place', async () => {
    const { near, heard } = await pair()
    const stage = new StageFeed('harbour')
    // From well below the limit to well above it, and letters of two bytes.
    const large = (row: LogRow): LogRow => ({
      ...row,
      data: { text: (row.position % 2 === 0 ? 'ü' : 'xx').repeat(5_000 + 90 * row.position) }
    })
    const feed: Feed = {
      service: 'harbour',
      read: async (...where) => (await stage.read(...where)).map(large),
      heads: () => stage.heads()
    }
    near.bus.offer(feed)
    for (let round = 1; round <= 10; round++) {
      near.bus.announce('harbour', stage.commit(0, 10).map(large))
      await until('the rows come', () => heard.last() === 10 * round)
    }
    expect(heard.rows.slice(-60)).toEqual(await feed.read(0, 40, 60))
    await until('all is acknowledged', () => near.bus.counts.published === 100)
    expect(near.bus.counts).toMatchObject({ dropped: 0 })
    expect(near.bus.counts.referred).toBeGreaterThan(20)
    expect(near.bus.counts.referred).toBeLessThan(80)
    expect(near.lines).toEqual([])
  })

  test('a topic that takes only smaller messages from now on has its rows by reference, and loses none', async () => {
    const { near, heard, topic } = await pair()
    const stage = new StageFeed('harbour')
    const large = (row: LogRow): LogRow => ({ ...row, data: { text: 'x'.repeat(10_000) } })
    near.bus.offer({
      service: 'harbour',
      read: async (...where) => (await stage.read(...where)).map(large),
      heads: () => stage.heads()
    })
    near.bus.announce('harbour', stage.commit(0, 3).map(large))
    await until('the rows come', () => heard.last() === 3)
    await until('all is acknowledged', () => near.bus.counts.published === 3)
    expect(near.bus.counts.referred).toBe(0)
    const configs = [{ name: 'max.message.bytes', configOperation: 0 as const, value: '5000' }]
    await near.admin.incrementalAlterConfigs({
      resources: [{ resourceType: 2, resourceName: topic, configs }]
    })
    for (let last = 4; last < 10; last++) {
      near.bus.announce('harbour', stage.commit(0, 1).map(large))
      await until('the row comes', () => heard.last() === last)
    }
    expect(heard.positions().slice(-6)).toEqual([4, 5, 6, 7, 8, 9])
    expect(near.bus.counts.dropped).toBe(0)
    expect(near.bus.counts.referred).toBeGreaterThan(0)
  })

  test('a row whose key alone is larger than the topic takes is told, and holds up no other', async () => {
    const { near, heard } = await pair()
    const feed = new StageFeed('harbour')
    near.bus.offer(feed)
    const [row] = feed.commit(0, 1) as [LogRow]
    near.bus.announce('harbour', [{ ...row, key: 'k'.repeat(30_000) }, ...feed.commit(0, 5)])
    await until('the others come', () => heard.last() === 6)
    expect(near.bus.counts).toMatchObject({ dropped: 1 })
    expect(near.lines.map(({ level, text }) => [level, text])).toEqual([
      ['error', expect.stringContaining('its key is too large')]
    ])
  })

  test('messages that are no rows, or rows that the log does not have, are skipped and harm nobody', async () => {
    const { near, far, heard, topic } = await pair()
    const stranger = new Producer({
      clientId: 'stranger',
      bootstrapBrokers: [server.address],
      serializers: stringSerializers
    })
    closing.push(() => stranger.close())
    const feed = new StageFeed('harbour')
    near.bus.offer(feed)
    await until('a row comes by the broker', () => {
      near.bus.announce('harbour', feed.commit(1, 1))
      return far.bus.counts.heard > 0
    })
    const [row] = new StageFeed('harbour').commit(0, 1) as [LogRow]
    const send = async (partition: number, spoilt: Partial<LogRow>, data?: string): Promise<void> => {
      const event = binaryCloudEventOf({ ...row, ...spoilt }, 'utf-8')
      const headers = Object.fromEntries([...event.attributes].map(([name, value]) => [`ce_${name}`, value]))
      const value = data ?? event.data ?? ''
      const message = {
        topic,
        partition,
        key: 'k',
        value,
        headers: { ...headers, 'content-type': 'application/json' }
      }
      await stranger.send({ acks: 1, messages: [message] })
    }
    await stranger.send({ acks: 1, messages: [{ topic, partition: 0, key: 'k', value: 'hello' }] })
    await stranger.send({ acks: 1, messages: [{ topic, partition: 0 }] })
    await send(0, { position: 2 }, '{"half":')
    await send(0, { position: 2 }, '['.repeat(10_000))
    await send(0, { position: 2, service: 'pilot' })
    await send(0, { position: 2, partition: 1 })
    await send(1, { position: 9_007_199_254_740_991, partition: 1 })
    await send(3, { position: 2, partition: 3 })
    await until('all of it is skipped', () => far.bus.counts.foreign === 8)
    near.bus.announce('harbour', feed.commit(0, 5))
    await until('the rows come', () => heard.last() === 5)
    expect(heard.positions()).toEqual([1, 2, 3, 4, 5])
    expect(heard.rows.filter(({ partition }) => partition > 1)).toEqual([])
    expect(far.bus.counts.foreign).toBe(8)
    // Eight messages are told in two lines.
    expect(far.lines.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual([
      'A message over Kafka is no row of harbour: it is skipped.',
      'A row of harbour came over Kafka that its log does not have; it is skipped.'
    ])
  })

  test('clients that were closed before the bus make nobody throw', async () => {
    const { bus, admin, producer, lines } = await open({ ...system(), services: ['harbour'] })
    const feed = new StageFeed('harbour')
    bus.offer(feed)
    await Promise.all([admin.close(), producer.close()])
    const heard = new Heard()
    bus.listen('harbour', heard.listener)
    bus.announce('harbour', feed.commit(0, 2))
    await until('its own rows are heard here', () => heard.last() === 2)
    await until('it is told', () => lines.some(({ text }) => text.includes('cannot be published')))
    expect(bus.counts).toMatchObject({ published: 0, dropped: 2 })
  })
})
