import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { until } from '../system/child.ts'
import { kafkaCluster, kafkaMissing } from './kafka-server.ts'
import { natsCluster, natsMissing } from './nats-server.ts'
import { postgresMissing } from './postgres-binaries.ts'
import { PostgresServer } from './postgres-server.ts'
import { addShopRoles, renewShopDatabase, shopDatabaseUrl } from './shop-database.ts'

/** Servers of one kind that run, and what finds them. */
export interface RunningServers {
  /** What runs where, for people. */
  readonly lines: readonly string[]
  /** The environment variable that the shop finds them by. */
  readonly variable: readonly [name: string, value: string]
  remove(): Promise<void>
}

/** Servers that can be asked for. */
export interface ServerKind {
  readonly text: string
  /** Of kinds with the same variable only one can be meant. */
  readonly variable: string
  missing(): string | undefined
  start(): Promise<RunningServers>
}

const runs = (name: string, address: string, pid: number | undefined): string =>
  `${name.padEnd(10)} ${address} (process ${pid})`

async function startPostgres(): Promise<RunningServers> {
  const postgres = await PostgresServer.start()
  await addShopRoles(postgres)
  await renewShopDatabase(postgres)
  const url = shopDatabaseUrl(postgres)
  return {
    lines: [runs('PostgreSQL', url, postgres.pid), '  with a role and a schema for each service of the shop'],
    variable: ['DATABASE_URL', url],
    remove: () => postgres.remove()
  }
}

/** Resolves when streams can be made: in a cluster, those who know of them first choose one to lead. */
async function keepsStreams(url: string): Promise<void> {
  const connection = await connect({ servers: [url] })
  try {
    await until('NATS keeps streams', async () => {
      const manager = await jetstreamManager(connection).catch(() => undefined)
      return manager?.getAccountInfo().catch(() => undefined)
    })
  } finally {
    await connection.close()
  }
}

interface Broker {
  readonly address: string
  readonly pid: number | undefined
  remove(): Promise<void>
}

/** One broker, or those of a cluster. */
function runningBrokers(name: string, variable: string, brokers: readonly Broker[]): RunningServers {
  return {
    lines: brokers.map(({ address, pid }) => runs(name, address, pid)),
    variable: [variable, brokers.map(({ address }) => address).join()],
    remove: async () => void (await Promise.all(brokers.map((broker) => broker.remove())))
  }
}

const nats = { variable: 'NATS_URL', missing: natsMissing }
const kafka = { variable: 'KAFKA_BROKERS', missing: kafkaMissing }

async function startNats(size: number): Promise<RunningServers> {
  const servers = await natsCluster(size)
  for (const { url } of servers) await keepsStreams(url)
  const brokers = servers.map((server) => ({
    address: server.url,
    pid: server.pid,
    remove: () => server.remove()
  }))
  return runningBrokers('NATS', nats.variable, brokers)
}

async function startKafka(size: number): Promise<RunningServers> {
  return runningBrokers('Kafka', kafka.variable, await kafkaCluster(size))
}

/** All that there are, by the word that asks for them. */
export const serverKinds: ReadonlyMap<string, ServerKind> = new Map(
  Object.entries({
    postgres: {
      text: 'PostgreSQL, with the roles and schemas of the shop',
      variable: 'DATABASE_URL',
      missing: postgresMissing,
      start: startPostgres
    },
    nats: { ...nats, text: 'a NATS server with JetStream', start: () => startNats(1) },
    nats3: { ...nats, text: 'a NATS cluster of three servers', start: () => startNats(3) },
    kafka: { ...kafka, text: 'a Kafka broker, which is its own controller', start: () => startKafka(1) },
    kafka3: { ...kafka, text: 'a Kafka cluster of three brokers', start: () => startKafka(3) }
  })
)

/** Starts servers of these kinds. Fails as a whole: what began to run is gone then. */
export async function throwawayServers(kinds: readonly ServerKind[]): Promise<readonly RunningServers[]> {
  const settled = await Promise.allSettled(kinds.map((kind) => kind.start()))
  const running = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = settled.find((each) => each.status === 'rejected')
  if (!failed) return running
  await Promise.all(running.map((each) => each.remove()))
  throw failed.reason
}
