import { afterEach, describe, expect, test } from 'vitest'
import type { KafkaBusOptions } from '../../src/adapters/kafka/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { type KafkaServer, kafkaMissing, kafkaServer } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'
import { type TcpProxy, tcpProxy } from '../servers/tcp-proxy.ts'
import { freePort } from '../system/child.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Two buses over one broker, the one that listens behind a proxy. */
interface Line {
  readonly server: KafkaServer
  readonly proxy: TcpProxy
  readonly near: ConnectedBus
  readonly far: ConnectedBus
  readonly feed: StageFeed
  readonly heard: Heard
  /** Announces so many rows of a partition. */
  announce(count: number, partition?: number): void
}

async function line(options: Partial<KafkaBusOptions> = {}): Promise<Line> {
  const port = await freePort()
  const proxy = await tcpProxy(port)
  closing.push(() => proxy.close())
  const server = await kafkaServer({ door: { port, advertised: proxy.port } })
  closing.push(() => server.remove())
  const feeds = localBus()
  const near = await connectedBus([server.address], {
    feeds,
    partitions: 4,
    services: ['harbour'],
    ...options
  })
  closing.push(() => near.close())
  const far = await connectedBus([`127.0.0.1:${proxy.port}`], { feeds, ...options })
  closing.push(() => far.close())
  const feed = new StageFeed('harbour')
  near.bus.offer(feed)
  const heard = new Heard()
  far.bus.listen('harbour', heard.listener)
  const announce = (count: number, partition = 0): void => {
    near.bus.announce('harbour', feed.commit(partition, count))
  }
  await until('a row comes by the broker', () => {
    announce(1, 1)
    return far.bus.counts.heard > 0
  })
  announce(1)
  await until('the first row comes', () => heard.last() === 1)
  return { server, proxy, near, far, feed, heard, announce }
}

const numbers = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1)
const said = ({ lines }: ConnectedBus, part: string): boolean => lines.some(({ text }) => text.includes(part))
const published = ({ bus }: ConnectedBus): number => bus.counts.published

describe.skipIf(!available('kafka', kafkaMissing()))('the line to the brokers', () => {
  test('what is announced while the listener is cut off is read from the topic when it is back, in order', async () => {
    const { proxy, far, heard, announce, near } = await line()
    announce(20)
    await until('the rows come', () => heard.last() === 21)
    proxy.cut()
    await until('the cut is noticed', () => said(far, 'not heard over Kafka'))
    const before = published(near)
    announce(300)
    announce(5, 3)
    await until('all is published', () => published(near) === before + 305)
    const { heard: byBroker } = far.bus.counts
    proxy.heal()
    await until('the rows come', () => heard.last() === 321 && heard.last(3) === 5)
    expect(heard.positions()).toEqual(numbers(321))
    expect(heard.positions(3)).toEqual(numbers(5))
    expect(far.bus.counts).toMatchObject({ reconnects: 1, replayed: 305, foreign: 0, unproved: 0 })
    expect(far.bus.counts.heard).toBe(byBroker)
    announce(1)
    await until('it goes on', () => heard.last() === 322)
    expect(far.bus.counts.heard).toBe(byBroker + 1)
  })

  test('of more than is read again, and of what the topic keeps no more, the last row of each partition tells', async () => {
    const { proxy, far, heard, announce, near, feed } = await line({ replayMaxRows: 50 })
    proxy.cut()
    await until('the cut is noticed', () => said(far, 'not heard over Kafka'))
    const before = published(near)
    announce(200)
    announce(40, 2)
    announce(30, 3)
    await until('all is published', () => published(near) === before + 270)
    await near.admin.deleteRecords({
      topics: [{ name: 'skerry.harbour', partitions: [{ partition: 3, offset: 25n }] }]
    })
    proxy.heal()
    await until('the rows come', () => heard.last() === 201 && heard.last(2) === 40 && heard.last(3) === 30)
    expect(heard.positions()).toEqual([1, 201])
    expect(heard.rows.filter(({ partition }) => partition === 0).at(-1)).toEqual(
      (await feed.read(0, 200, 1))[0]
    )
    expect(heard.positions(2)).toEqual(numbers(40))
    expect(heard.positions(3)).toEqual([26, 27, 28, 29, 30])
    expect(far.bus.counts.reconnects).toBe(1)
  })

  test('what the topic loses under a listener that is not cut off is a hole, and it goes on behind it', async () => {
    const { far, heard, announce, near } = await line()
    announce(10)
    await until('the rows come', () => heard.last() === 11)
    // The broker is told to forget more than it has been asked for.
    await near.admin.deleteTopics({ topics: ['skerry.harbour'] })
    announce(10)
    await until('the topic is there again', () => near.bus.counts.topicsCreated === 2)
    await until('it is heard', () => far.bus.counts.reconnects === 1)
    announce(1)
    await until('the last row comes', () => heard.last() === 22)
    expect(heard.positions()).toEqual([...new Set(heard.positions())].toSorted((a, b) => a - b))
  })

  test('what was announced while the broker was away is told by the last row of each partition', async () => {
    const { server, near, far, heard, feed, announce } = await line()
    await server.kill()
    announce(40)
    announce(7, 2)
    await until('both know', () => said(near, 'cannot be published') && said(far, 'not heard over Kafka'))
    expect(near.bus.counts.dropped).toBe(47)
    announce(1)
    announce(1, 2)
    expect(near.bus.counts.dropped).toBe(49)
    await server.start()
    await until('the last rows come', () => heard.last() === 42 && heard.last(2) === 8)
    expect(heard.positions()).toEqual([1, 42])
    expect(heard.positions(2)).toEqual([8])
    expect(heard.rows.filter(({ partition }) => partition === 0).at(-1)).toEqual(
      (await feed.read(0, 41, 1))[0]
    )
    await until('it is published again', () => said(near, 'published over Kafka again'))
    announce(1)
    await until('it goes on', () => heard.last() === 43)
  })

  test('a broker that is stopped in good order and started again is only a pause', async () => {
    const { server, far, heard, announce } = await line()
    for (let round = 1; round <= 2; round++) {
      await server.stop()
      await server.start()
      await until('it is back', () => far.bus.counts.reconnects >= round)
      const before = far.bus.counts.heard
      await until('a row that is announced comes', () => {
        announce(1)
        return far.bus.counts.heard > before
      })
    }
    expect(heard.positions()).toEqual(heard.positions().toSorted((a, b) => a - b))
  })

  test('a line on which no answer comes is given up, and what was missed is read when it is whole', async () => {
    const { proxy, near, far, heard, announce } = await line()
    proxy.stall()
    const before = published(near)
    announce(100)
    await until('all is published', () => published(near) === before + 100)
    await until('the silence is noticed', () => said(far, 'not heard over Kafka'))
    proxy.heal()
    await until('the rows come', () => heard.last() === 101)
    announce(1)
    await until('it goes on', () => heard.last() === 102)
    expect(heard.positions()).toEqual(numbers(102))
  })

  test('a broker that says nothing holds nobody up: what does not fit is dropped and counted, and it goes on', async () => {
    const { server, near, heard, announce } = await line({ waitingMaxRows: 100 })
    const before = published(near) + near.bus.counts.dropped
    server.pause()
    await until('it stands still', () => server.still)
    const start = performance.now()
    for (let round = 0; round < 20; round++) {
      announce(50)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(near.bus.counts.dropped).toBeGreaterThan(500)
    await until(
      'all were sent or dropped',
      () => published(near) + near.bus.counts.dropped === before + 1_000
    )
    server.resume()
    await until('the last of what was dropped comes, and tells of the others', () => heard.last() === 1_001)
    expect(heard.positions()).toEqual(heard.positions().toSorted((a, b) => a - b))
  })

  test('a bus that hears its own messages passes them over, and tells its own rows once', async () => {
    const { near, far, feed, heard } = await line()
    const atNear = new Heard()
    near.bus.listen('harbour', atNear.listener)
    for (let round = 1; round <= 10; round++) {
      near.bus.announce('harbour', feed.commit(2, 10))
      await until('the rows come to the other', () => heard.last(2) === 10 * round)
    }
    far.bus.offer(feed)
    // What comes by the broker behind them shows that they have come.
    await until('a row of the other comes by the broker', () => {
      far.bus.announce('harbour', feed.commit(2, 1))
      return near.bus.counts.heard > 0
    })
    expect(atNear.positions(2).slice(0, 101)).toEqual(numbers(101))
    expect(near.bus.counts).toMatchObject({ repeated: 0, foreign: 0 })
  })

  test('two instances of a service hear each other, and each its own rows also without the broker', async () => {
    const { server, near, far, feed, heard } = await line()
    far.bus.offer(feed)
    const atNear = new Heard()
    near.bus.listen('harbour', atNear.listener)
    for (let last = 1; last <= 40; last++) {
      const { bus } = last % 2 === 0 ? near : far
      bus.announce('harbour', feed.commit(2, 1))
      await until('both know the row', () => atNear.last(2) === last && heard.last(2) === last)
    }
    for (const each of [atNear, heard]) expect(each.positions(2)).toEqual(numbers(40))
    expect(near.bus.counts.heard).toBeGreaterThan(10)
    await server.kill()
    far.bus.announce('harbour', feed.commit(2, 1))
    await until('its own row comes', () => heard.last(2) === 41)
  })

  test('what was announced before the bus is closed is sent, and nothing after it', async () => {
    const { near, heard, announce } = await line()
    announce(700)
    await near.bus.close()
    announce(1)
    await until('the rows come', () => heard.last() === 701)
    expect(heard.positions()).toEqual(numbers(701))
    expect(near.bus.counts.dropped).toBe(0)
  })
})
