import { describe, expect, onTestFinished, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { StageFeed } from '../../src/conformance/bus-stage.ts'
import { Heard } from '../brokers/heard.ts'
import { until } from '../brokers/until.ts'
import { kafkaCluster, kafkaMissing } from '../servers/kafka-server.ts'
import { available } from '../servers/required.ts'
import { until as lookUntil } from '../system/child.ts'
import { type ConnectedBus, connectedBus } from './connected.ts'

/** The broker that leads partition 0, as any that answers says. */
async function leaderOf({ admin }: ConnectedBus): Promise<number | undefined> {
  const name = 'skerry.harbour'
  const metadata = await admin.metadata({ topics: [name], forceUpdate: true }).catch(() => undefined)
  return metadata?.topics.get(name)?.partitions[0]?.leader
}

describe.skipIf(!available('kafka', kafkaMissing()))('a cluster of three brokers', () => {
  test('loses the leader of a partition in mid-run: rows go on, in order, and with enough replicas', async () => {
    const servers = await kafkaCluster(3)
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.remove()))
    })
    const addresses = servers.map(({ address }) => address)
    const options = { feeds: localBus(), partitions: 4, replicas: 3, inSyncMin: 2 }
    const near = await lookUntil('the cluster keeps a topic on three brokers', () =>
      connectedBus(addresses, { ...options, services: ['harbour'] }).catch(() => undefined)
    )
    onTestFinished(() => near.close())
    const far = await connectedBus(addresses, options)
    onTestFinished(() => far.close())
    const feed = new StageFeed('harbour')
    near.bus.offer(feed)
    const heard = new Heard()
    far.bus.listen('harbour', heard.listener)
    const announceUntilHeard = async (rows: number): Promise<void> => {
      const before = far.bus.counts.heard
      await until(`${rows} rows come by the brokers`, () => {
        near.bus.announce('harbour', feed.commit(0, 5))
        return far.bus.counts.heard >= before + rows
      })
    }
    await announceUntilHeard(100)
    const leader = await lookUntil('the partition has a leader', () => leaderOf(near))
    const lost = servers.find(({ node }) => node === leader)
    expect(lost?.running).toBe(true)
    await lost?.kill()
    await announceUntilHeard(100)
    const next = await lookUntil('the partition has another leader', async () => {
      const now = await leaderOf(near)
      return now !== leader && now
    })
    expect(next).toBeGreaterThan(0)
    await announceUntilHeard(100)
    await lost?.start()
    await announceUntilHeard(100)
    const [last] = (await feed.heads()) as [number]
    await until('the last row comes', () => heard.last() === last)
    expect(heard.positions()).toEqual([...new Set(heard.positions())].toSorted((a, b) => a - b))
    expect(heard.rows.length).toBeGreaterThan(400)
    expect(near.bus.counts.topicsCreated).toBe(1)
  })
})
