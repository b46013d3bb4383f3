import { connect, headers } from '@nats-io/transport-node'
import { afterEach, describe, expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { binaryCloudEventOf, type Feed, type LogRow } from '../../src/ports/index.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { type NatsServer, type NatsServerOptions, natsMissing, natsServer } from '../servers/nats-server.ts'
import { available } from '../servers/required.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function serving(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await natsServer(options)
  closing.push(() => server.remove())
  return server
}

async function open(...parameters: Parameters<typeof connectedBus>): Promise<ConnectedBus> {
  const connected = await connectedBus(...parameters)
  closing.push(() => connected.close())
  return connected
}

const js = '"$JS.API.>", "$JS.ACK.>"'
const users = [
  'authorization { users = [',
  '  { user: all, password: p }',
  `  { user: deaf, password: p, permissions: { publish: [${js}, "skerry.>"], subscribe: ["_INBOX.>"] } }`,
  `  { user: mute, password: p, permissions: { publish: [${js}], subscribe: ["_INBOX.>", "skerry.>"] } }`,
  '  { user: small, password: p, permissions: { publish: ["skerry.>"], subscribe: ["_INBOX.>", "skerry.>"] } }',
  '] }'
]
const as = (user: string) => ({ user, pass: 'p' })

/** What a message of that row would be, to be spoilt. */
function messageOf(row: LogRow) {
  const event = binaryCloudEventOf(row)
  const made = headers()
  for (const [name, value] of event.attributes) made.set(`ce-${name}`, value)
  return { made, data: event.data ?? '' }
}

describe.skipIf(!available('nats', natsMissing()))('what the broker refuses or spoils', () => {
  test('without JetStream the bus does not open, and says what to do', async () => {
    const server = await serving({ jetStream: false })
    await expect(connectedBus([server.url])).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringMatching(/JetStream is off at skerry-\d+: start it with -js/)
    })
  })

  test('more replicas than servers are refused at the start, with the words of the server', async () => {
    const server = await serving()
    await expect(connectedBus([server.url], { replicas: 3 })).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringContaining('replicas')
    })
  })

  test('a prefix that cannot begin a subject is refused', async () => {
    const server = await serving()
    for (const prefix of ['', 'a b', 'shop.*', '>', 'shop.', '.shop'])
      await expect(connectedBus([server.url], { prefix })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await open([server.url], { prefix: 'acme.shop' })
  })

  test('a stream that belongs to something else is not touched', async () => {
    const server = await serving()
    await open([server.url], { prefix: 'other', stream: 'shop' })
    await expect(connectedBus([server.url], { stream: 'shop' })).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      details: { subjects: ['other.>'] }
    })
  })

  test('a stream that is kept otherwise is left so, and told', async () => {
    const server = await serving()
    await open([server.url], { keptMaxMs: 60_000 })
    const { lines } = await open([server.url], { storage: 'memory' })
    expect(lines.map(({ fields }) => fields['differs'])).toEqual([
      ['storage is file, not memory', 'max_age is 60000000000, not 3600000000000']
    ])
  })

  test('a server that does not answer is a failure that passes', async () => {
    const server = await serving()
    const slow = { manager: () => Promise.reject(new Error('timeout')) }
    await expect(connectedBus([server.url], slow)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
  })

  test('a user who may not ask for streams is told so', async () => {
    const server = await serving({ lines: users })
    await expect(connectedBus([server.url], {}, as('small'))).rejects.toMatchObject({
      code: 'BUS_GUARANTEE',
      message: expect.stringMatching(/does not let this user .*allow/)
    })
  })

  test('who may not publish or not subscribe is told once, and the others are not touched by it', async () => {
    const server = await serving({ lines: users })
    const feeds = localBus()
    const all = await open([server.url], { feeds }, as('all'))
    const mute = await open([server.url], { feeds }, as('mute'))
    const deaf = await open([server.url], { feeds }, as('deaf'))
    const [harbour, pilot] = [new StageFeed('harbour'), new StageFeed('pilot')]
    all.bus.offer(harbour)
    mute.bus.offer(pilot)
    const [atMute, atDeaf, atAll] = [new Heard(), new Heard(), new Heard()]
    mute.bus.listen('harbour', atMute.listener)
    deaf.bus.listen('harbour', atDeaf.listener)
    all.bus.listen('pilot', atAll.listener)
    for (let round = 0; round < 5; round++) mute.bus.announce('pilot', pilot.commit(0, 10))
    all.bus.announce('harbour', harbour.commit(0, 3))
    await until('who may hear does', () => atMute.last() === 3)
    const refused = ({ lines }: ConnectedBus): string[] =>
      lines.filter(({ level }) => level === 'error').map(({ text }) => text)
    await until('both are told', () => refused(mute).length > 0 && refused(deaf).length > 1)
    expect(refused(mute)).toEqual(['The NATS server refused something; check the permissions of this user.'])
    expect(refused(deaf).toSorted()).toEqual([
      'Rows of harbour cannot be heard over NATS; they are read from its feed.',
      'The NATS server refused something; check the permissions of this user.'
    ])
    expect(await deaf.bus.feed('harbour').read(0, 0, 10)).toHaveLength(3)
    expect(all.bus.counts.heard).toBe(0)
  })

  test('a row that is larger than the server takes goes by reference and is heard whole, in its place', async () => {
    const server = await serving({ lines: ['max_payload: 4096'] })
    const feeds = localBus()
    const [near, far] = [await open([server.url], { feeds }), await open([server.url], { feeds })]
    const stage = new StageFeed('harbour')
    // From well below the limit to well above it, and letters of two bytes.
    const large = (row: LogRow): LogRow => ({
      ...row,
      data: { text: (row.position % 2 === 0 ? 'ü' : 'xx').repeat(1_000 + 13 * row.position) }
    })
    const feed: Feed = {
      service: 'harbour',
      read: async (...where) => (await stage.read(...where)).map(large),
      heads: () => stage.heads()
    }
    near.bus.offer(feed)
    const heard = new Heard()
    far.bus.listen('harbour', heard.listener)
    for (let round = 1; round <= 10; round++) {
      near.bus.announce('harbour', stage.commit(0, 10).map(large))
      await until('the rows come', () => heard.last() === 10 * round)
    }
    expect(heard.rows.slice(-60)).toEqual(await feed.read(0, 40, 60))
    expect(near.bus.counts).toMatchObject({ published: 100, dropped: 0 })
    expect(near.bus.counts.referred).toBeGreaterThan(20)
    expect(near.bus.counts.referred).toBeLessThan(80)
    expect(near.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('messages that are no rows, or rows that the log does not have, are skipped and harm nobody', async () => {
    const server = await serving()
    const feeds = localBus()
    const [near, far] = [await open([server.url], { feeds }), await open([server.url], { feeds })]
    const stranger = await connect({ servers: server.url })
    closing.push(() => stranger.close())
    const feed = new StageFeed('harbour')
    near.bus.offer(feed)
    const heard = new Heard()
    far.bus.listen('harbour', heard.listener)
    near.bus.announce('harbour', feed.commit(0, 1))
    await until('the first row comes', () => heard.last() === 1)

    const [row] = new StageFeed('harbour').commit(0, 1) as [LogRow]
    const send = (subject: string, spoilt: Partial<LogRow>, data?: string | Uint8Array): void => {
      const message = messageOf({ ...row, ...spoilt })
      stranger.publish(subject, data ?? message.data, { headers: message.made })
    }
    stranger.publish('skerry.harbour.0', 'hello')
    stranger.publish('skerry.harbour.zero', '{}', { headers: headers() })
    send('skerry.harbour.0', { position: 2 }, '{"half":')
    send('skerry.harbour.0', { position: 2 }, new Uint8Array([0xff, 0xfe]))
    send('skerry.harbour.0', { position: 2 }, '['.repeat(100_000))
    send('skerry.harbour.0', { position: 2, service: 'pilot' })
    send('skerry.harbour.0', { position: 2, partition: 1 })
    send('skerry.harbour.1', { position: 9_007_199_254_740_991, partition: 1 })
    send('skerry.harbour.1000000', { position: 1, partition: 1_000_000 })
    send('skerry.harbour.3', { position: 2, partition: 3 })
    await stranger.flush()
    await until('all of it is skipped', () => far.bus.counts.foreign === 10)
    near.bus.announce('harbour', feed.commit(0, 5))
    near.bus.announce('harbour', feed.commit(1, 1))
    await until('the rows come', () => heard.last() === 6 && heard.last(1) === 1)
    expect(heard.rows.filter(({ partition }) => partition > 1)).toEqual([])
    expect(heard.rows).toHaveLength(7)
    expect(far.bus.counts.foreign).toBe(10)
    // Ten messages are told in two lines.
    expect(far.lines.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual([
      'A message over NATS is no row of harbour: it is skipped.',
      'A row of harbour came over NATS that its log does not have; it is skipped.'
    ])
  })

  test('a stream that somebody deletes is created again, and rows are heard meanwhile', async () => {
    const server = await serving()
    const real = systemClock()
    // What is looked at twice a minute is looked at all the time.
    const clock = {
      ...real,
      schedule: (ms: number, task: () => void) => real.schedule(ms > 20_000 ? 20 : ms, task)
    }
    const feeds = localBus()
    const near = await open([server.url], { feeds })
    const far = await open([server.url], { feeds, clock })
    const feed = new StageFeed('harbour')
    near.bus.offer(feed)
    const heard = new Heard()
    far.bus.listen('harbour', heard.listener)
    near.bus.announce('harbour', feed.commit(0, 1))
    await until('the first row comes', () => heard.last() === 1)
    const answer = await near.connection.request('$JS.API.STREAM.DELETE.skerry')
    expect(answer.json()).toMatchObject({ success: true })
    near.bus.announce('harbour', feed.commit(0, 1))
    await until('the row comes', () => heard.last() === 2)
    await until('the stream is there again', () => far.bus.counts.streamsCreated === 1)
    near.bus.announce('harbour', feed.commit(0, 1))
    await until('the row comes', () => heard.last() === 3)
    expect(heard.positions()).toEqual([1, 2, 3])
  })

  test('a connection that is being drained, or was closed too early, makes nobody throw', async () => {
    const server = await serving()
    const { bus, connection, lines } = await open([server.url])
    const feed = new StageFeed('harbour')
    bus.offer(feed)
    const drained = connection.drain()
    bus.listen('harbour', () => {})
    bus.announce('harbour', feed.commit(0, 2))
    await drained
    bus.announce('harbour', feed.commit(0, 2))
    await until('it is told', () => lines.some(({ text }) => text.includes('ended for good')))
    await until('all is sent or dropped', () => bus.counts.published + bus.counts.dropped === 4)
    expect(bus.counts.dropped).toBeGreaterThanOrEqual(2)
  })

  test('after a connection that ended for good the bus says so, and announcing does no harm', async () => {
    const server = await serving()
    const { bus, connection, lines } = await open([server.url], {}, { maxReconnectAttempts: 1 })
    const feed = new StageFeed('harbour')
    bus.offer(feed)
    await server.kill()
    await until('it is told', () => lines.some(({ text }) => text.includes('ended for good')))
    expect(connection.isClosed()).toBe(true)
    bus.listen('pilot', () => {})
    const heard = new Heard()
    bus.listen('harbour', heard.listener)
    bus.announce('harbour', feed.commit(0, 2))
    await until('its own rows are heard here', () => heard.last() === 2)
    expect(bus.counts).toMatchObject({ published: 0, dropped: 2 })
  })
})
