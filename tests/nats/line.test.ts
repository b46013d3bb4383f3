import { connect } from '@nats-io/transport-node'
import { afterEach, describe, expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import type { NatsBusOptions } from '../../src/adapters/nats/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { type NatsServer, type NatsServerOptions, natsMissing, natsServer } from '../servers/nats-server.ts'
import { available } from '../servers/required.ts'
import { type TcpProxy, tcpProxy } from '../servers/tcp-proxy.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Two buses over one server, the one that listens behind a proxy. */
interface Line {
  readonly server: NatsServer
  readonly proxy: TcpProxy
  readonly near: ConnectedBus
  readonly far: ConnectedBus
  readonly feed: StageFeed
  readonly heard: Heard
  /** Announces so many rows of a partition. */
  announce(count: number, partition?: number): void
}

async function line(serving: NatsServerOptions = {}, options: Partial<NatsBusOptions> = {}): Promise<Line> {
  const server = await natsServer(serving)
  closing.push(() => server.remove())
  const proxy = await tcpProxy(server.port)
  closing.push(() => proxy.close())
  const feeds = localBus()
  const near = await connectedBus([server.url], { feeds, ...options })
  closing.push(() => near.close())
  const far = await connectedBus([`nats://127.0.0.1:${proxy.port}`], { feeds, ...options })
  closing.push(() => far.close())
  const feed = new StageFeed('harbour')
  near.bus.offer(feed)
  const heard = new Heard()
  far.bus.listen('harbour', heard.listener)
  const announce = (count: number, partition = 0): void => {
    near.bus.announce('harbour', feed.commit(partition, count))
  }
  announce(1)
  await until('the first row comes', () => heard.last() === 1)
  return { server, proxy, near, far, feed, heard, announce }
}

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1)

describe.skipIf(!available('nats', natsMissing()))('the line to the broker', () => {
  test('what is announced while the listener is cut off comes from the stream when it is back, in order', async () => {
    const { proxy, far, heard, announce, near } = await line()
    announce(20)
    await until('the rows come', () => heard.last() === 21)
    proxy.cut()
    await until('the cut is noticed', () => far.lines.some(({ text }) => text.includes('is lost')))
    announce(300)
    announce(5, 3)
    await until('all is published', () => near.bus.counts.published === 326)
    await near.connection.flush()
    proxy.heal()
    await until('the rows come', () => heard.last() === 321 && heard.last(3) === 5)
    expect(heard.positions()).toEqual(numbers(321))
    expect(heard.positions(3)).toEqual(numbers(5))
    expect(far.bus.counts).toMatchObject({ reconnects: 1, replayed: 305, foreign: 0, unproved: 0 })
    announce(1)
    await until('it goes on', () => heard.last() === 322)
  })

  test('what was announced while the server was away is told by the last row of each partition', async () => {
    const { server, near, far, heard, feed, announce } = await line()
    await server.kill()
    await until('both know', () =>
      [near, far].every(({ lines }) => lines.some(({ text }) => text.includes('is lost')))
    )
    announce(40)
    announce(7, 2)
    expect(near.bus.counts.dropped).toBe(47)
    await server.start()
    await until('the last rows come', () => heard.last() === 41 && heard.last(2) === 7)
    expect(heard.positions()).toEqual([1, 41])
    expect(heard.positions(2)).toEqual([7])
    expect(heard.rows.find(({ position }) => position === 41)).toEqual((await feed.read(0, 40, 1))[0])
    announce(1)
    await until('it goes on, also where the one who announces comes back later', () => heard.last() === 42)
  })

  test('what an older copy of the broker brings again is passed over', async () => {
    const { server, far, heard, announce } = await line()
    announce(30)
    await until('the rows come', () => heard.last() === 31)
    await server.stop()
    server.save()
    await server.start()
    await until('it is back', () => far.bus.counts.reconnects === 1)
    await until('a row comes that is not in the copy', () => {
      announce(1)
      return far.bus.counts.heard > 31
    })
    await server.kill()
    server.restore()
    const before = far.bus.counts.repeated
    await server.start()
    await until('the old rows come again', () => far.bus.counts.repeated >= before + 30)
    await until('a new row comes', () => {
      announce(1)
      return heard.last() > 40
    })
    expect(heard.positions()).toEqual([...new Set(heard.positions())].toSorted((a, b) => a - b))
  })

  test('a server that is stopped in good order and started again is only a pause', async () => {
    const { server, far, heard, announce } = await line()
    for (let round = 1; round <= 3; round++) {
      await server.stop()
      await server.start()
      await until('it is back', () => far.bus.counts.reconnects === round)
      await until('a row that is announced comes', () => {
        announce(1)
        return far.bus.counts.heard > round
      })
    }
    expect(heard.positions()).toEqual(heard.positions().toSorted((a, b) => a - b))
  })

  test('a listener that is too slow is thrown out by the server, comes back and misses nothing', async () => {
    const { server, proxy, far, heard, announce } = await line({
      lines: ['max_payload: 32768', 'max_pending: 65536', 'write_deadline: "200ms"']
    })
    const stranger = await connect({ servers: server.url })
    closing.push(() => stranger.close())
    const noise = 'x'.repeat(30_000)
    proxy.stall()
    await until('the server has had enough', () => {
      for (let count = 0; count < 400; count++) stranger.publish('skerry.harbour.noise', noise)
      return server.said.includes('Slow Consumer')
    })
    announce(500)
    proxy.heal()
    await until('it is back', () => far.bus.counts.reconnects > 0)
    announce(1)
    await until('the last row comes', () => heard.last() === 502)
    expect(far.bus.counts.foreign).toBeGreaterThan(0)
    expect(heard.positions()).toEqual(heard.positions().toSorted((a, b) => a - b))
    expect(new Set(heard.positions()).size).toBe(heard.rows.length)
  })

  test('a server that says nothing holds nobody up: what does not fit is dropped and counted, and it goes on', async () => {
    const { server, near, heard, announce } = await line({}, { bufferMaxBytes: 20_000 })
    server.pause()
    // Before that it answers once more perhaps, and then something that was dropped is sent after all.
    await until('it stands still', () => server.still)
    const start = performance.now()
    for (let round = 0; round < 20; round++) {
      announce(50)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect(performance.now() - start).toBeLessThan(5_000)
    await until(
      'all were sent or dropped',
      () => near.bus.counts.published + near.bus.counts.dropped === 1_001
    )
    expect(near.bus.counts.dropped).toBeGreaterThan(500)
    expect(near.bus.counts.published).toBeGreaterThan(5)
    server.resume()
    await until('the last of what was dropped comes, and tells of the others', () => heard.last() === 1_001)
  })

  test('a bus that hears its own messages passes them over, and tells its own rows once', async () => {
    const { server } = await line()
    const alone = await connectedBus([server.url], {}, { noEcho: false })
    closing.push(() => alone.close())
    const feed = new StageFeed('pilot')
    const heard = new Heard()
    alone.bus.offer(feed)
    alone.bus.listen('pilot', heard.listener)
    for (let round = 0; round < 10; round++) alone.bus.announce('pilot', feed.commit(1, 10))
    await until('its rows come', () => heard.last(1) === 100)
    await alone.connection.flush()
    expect(alone.connection.stats().inMsgs).toBeGreaterThanOrEqual(100)
    expect(heard.positions(1)).toEqual(numbers(100))
    expect(alone.bus.counts).toMatchObject({ heard: 0, repeated: 0, foreign: 0 })
  })

  test('two instances of a service hear each other, and each its own rows also without the server', async () => {
    const { server, near, far, feed, heard } = await line()
    far.bus.offer(feed)
    const atNear = new Heard()
    near.bus.listen('harbour', atNear.listener)
    for (let last = 1; last <= 40; last++) {
      const { bus } = last % 2 === 0 ? near : far
      bus.announce('harbour', feed.commit(1, 1))
      await until('both know the row', () => atNear.last(1) === last && heard.last(1) === last)
    }
    for (const each of [atNear, heard]) expect(each.positions(1)).toEqual(numbers(40))
    expect(near.bus.counts.heard).toBeGreaterThan(10)
    await server.kill()
    far.bus.announce('harbour', feed.commit(1, 1))
    await until('its own row comes', () => heard.last(1) === 41)
  })
})
