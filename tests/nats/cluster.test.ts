import { jetstreamManager } from '@nats-io/jetstream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import type { NatsBusOptions } from '../../src/adapters/nats/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { natsCluster, natsMissing } from '../servers/nats-server.ts'
import { available } from '../servers/required.ts'
import { until as lookUntil } from '../system/child.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code

/** Opens a bus as soon as the cluster can keep its stream. */
async function opened(urls: readonly string[], options: Partial<NatsBusOptions>): Promise<ConnectedBus> {
  const connected = await lookUntil('the cluster keeps a stream', () =>
    connectedBus(urls, options).catch((error: unknown) => {
      if (codeOf(error) === 'BUS_UNAVAILABLE') return undefined
      throw error
    })
  )
  onTestFinished(() => connected.close())
  return connected
}

/** The server that leads the stream, as any that answers says. */
async function leaderOf({ connection }: ConnectedBus): Promise<string | undefined> {
  try {
    const manager = await jetstreamManager(connection, { timeout: 1_000 })
    return (await manager.streams.info('skerry')).cluster?.leader
  } catch {
    return undefined
  }
}

describe.skipIf(!available('nats', natsMissing()))('a cluster of three servers', () => {
  test('loses the leader of its stream in mid-run: rows go on, in order, and what comes by the stream with them', async () => {
    const servers = await natsCluster(3)
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.remove()))
    })
    const urls = servers.map(({ url }) => url)
    const options = { feeds: localBus(), replicas: 3 }
    const near = await opened(urls, options)
    const far = await opened(urls, options)
    const feed = new StageFeed('harbour')
    near.bus.offer(feed)
    const heard = new Heard()
    far.bus.listen('harbour', heard.listener)
    const announceUntilHeard = async (rows: number): Promise<void> => {
      const before = far.bus.counts.heard
      await until(`${rows} rows come by the broker`, () => {
        near.bus.announce('harbour', feed.commit(0, 5))
        return far.bus.counts.heard >= before + rows
      })
    }
    await announceUntilHeard(100)
    const leader = await lookUntil('the stream has a leader', () => leaderOf(near))
    const lost = servers.find((_, index) => `skerry-${index}` === leader)
    expect(lost?.running).toBe(true)
    await lost?.kill()
    await announceUntilHeard(100)
    const next = await lookUntil('the stream has another leader', async () => {
      const now = await leaderOf(near)
      return now !== leader && now
    })
    expect(next).toMatch(/^skerry-\d$/)
    await announceUntilHeard(100)
    await lost?.start()
    await announceUntilHeard(100)
    const [last] = (await feed.heads()) as [number]
    await until('the last row comes', () => heard.last() === last)
    expect(heard.positions()).toEqual([...new Set(heard.positions())].toSorted((a, b) => a - b))
    expect(heard.rows.length).toBeGreaterThan(400)
  })
})
