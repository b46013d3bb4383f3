// A program: the messages that go between three services for each order, published in groups and heard by the bare
// client of a broker, with nothing else done.
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, MsgHdrsImpl } from '@nats-io/transport-node'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { answer, childOptions } from '../child.ts'
import { rounded } from '../quantile.ts'
import type { LimitResult } from './limit.ts'
import { arrivals, heardBy, messageOf } from './limit-messages.ts'
import type { PipelinePlace } from './place.ts'

/** What is to be run. */
export interface BusLimitOptions {
  readonly place: Pick<PipelinePlace, 'natsUrl' | 'kafka'>
  readonly orders: number
  readonly group: number
  /** How many groups are under way at a time. */
  readonly lanes: number
}

/** A broker with who hears what. */
interface Bare {
  /** Resolves when the broker has taken what a service says of these orders. */
  publish(service: string, indexes: readonly number[]): Promise<unknown>
  close(): Promise<void>
}

const { place, orders, group, lanes } = childOptions<BusLimitOptions>()
const services = Object.keys(heardBy)
const partitions = 16
let arrived = 0
let wanted = Number.POSITIVE_INFINITY
let tell = (): void => undefined
const onArrival = (): void => {
  arrived += 1
  if (arrived >= wanted) tell()
}

async function bareNats(url: string): Promise<Bare> {
  const connections = new Map(
    await Promise.all(services.map(async (service) => [service, await connect({ servers: url })] as const))
  )
  const manager = await jetstreamManager([...connections.values()][0] as Awaited<ReturnType<typeof connect>>)
  await manager.streams.add({ name: 'limit', subjects: ['limit.>'], max_bytes: 256 * 1024 * 1024 })
  for (const [service, hearers] of Object.entries(heardBy))
    for (const hearer of hearers)
      connections.get(hearer)?.subscribe(`limit.${service}.*`, { callback: onArrival })
  for (const connection of connections.values()) await connection.flush()
  return {
    async publish(service, indexes) {
      const connection = connections.get(service)
      for (const index of indexes) {
        const { data, headers } = messageOf(service, index)
        const fields = MsgHdrsImpl.fromRecord(
          Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
        )
        connection?.publish(`limit.${service}.${index % partitions}`, data, { headers: fields })
      }
      await connection?.flush()
    },
    async close() {
      await manager.streams.delete('limit')
      await Promise.all([...connections.values()].map((connection) => connection.close()))
    }
  }
}

async function bareKafka({ address, prefix }: NonNullable<PipelinePlace['kafka']>): Promise<Bare> {
  const client = { clientId: 'limit', bootstrapBrokers: [address] }
  const topicOf = (service: string): string => `${prefix}-limit.${service}`
  const admin = new Admin(client)
  await admin.createTopics({ topics: services.map(topicOf), partitions, replicas: 1 })
  const producers = new Map(services.map((service) => [service, new Producer(client)]))
  const consumers = await Promise.all(
    services.map(async (hearer) => {
      const consumer = new Consumer({ ...client, groupId: `${prefix}-limit-${hearer}` })
      const topics = services.filter((service) => heardBy[service]?.includes(hearer)).map(topicOf)
      const stream = await consumer.consume({ topics, mode: 'earliest', autocommit: false, maxWaitTime: 100 })
      stream.on('data', onArrival)
      return { consumer, stream }
    })
  )
  return {
    publish(service, indexes) {
      const messages = indexes.map((index) => {
        const { key, data, headers } = messageOf(service, index)
        const fields = new Map(
          Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)])
        )
        return {
          topic: topicOf(service),
          partition: index % partitions,
          key: Buffer.from(key),
          value: Buffer.from(data),
          headers: fields
        }
      })
      return producers.get(service)?.send({ messages, acks: -1 }) ?? Promise.resolve()
    },
    async close() {
      await Promise.all(consumers.map(({ stream }) => stream.close()))
      await Promise.all(
        [...consumers.map(({ consumer }) => consumer), ...producers.values(), admin].map((one) => one.close())
      )
    }
  }
}

async function all(bare: Bare, first: number, end: number): Promise<void> {
  let next = first
  const lane = async (): Promise<void> => {
    while (next < end) {
      const from = next
      next = Math.min(end, next + group)
      const indexes = Array.from({ length: next - from }, (_, index) => from + index)
      await Promise.all(services.map((service) => bare.publish(service, indexes)))
    }
  }
  const heard = new Promise<void>((resolve) => {
    tell = resolve
    wanted = end * arrivals
  })
  await Promise.all(Array.from({ length: lanes }, lane))
  if (arrived < wanted) await heard
}

const { natsUrl, kafka } = place
const opened = kafka ? bareKafka(kafka) : natsUrl === undefined ? undefined : bareNats(natsUrl)
if (opened === undefined) throw new Error('There is no broker to be measured.')
const bare = await opened
const warmUp = Math.min(2_000, orders)
await all(bare, 0, warmUp)
const cpuBefore = process.cpuUsage()
const startMs = performance.now()
await all(bare, warmUp, warmUp + orders)
const elapsedMs = performance.now() - startMs
const { user, system } = process.cpuUsage(cpuBefore)
await bare.close()
const result: LimitResult = {
  completedPerS: rounded((orders / elapsedMs) * 1_000),
  cpuUsPerOrder: rounded((user + system) / orders, 1)
}
answer(result)
