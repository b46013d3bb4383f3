import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, MsgHdrsImpl } from '@nats-io/transport-node'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import pg from 'pg'
import { httpFeedBus } from 'skerry/http-feed'
import { type KafkaBusOptions, kafkaBus } from 'skerry/kafka'
import { localBus } from 'skerry/local'
import { natsBus } from 'skerry/nats'
import { systemClock, systemIds } from 'skerry/node'
import type { Bus, Log, Store } from 'skerry/ports'
import { postgresStore } from 'skerry/postgres'
import { sqliteStore } from 'skerry/sqlite'
import type { Shape } from '../plan.ts'
import type { ServerPids } from './server-use.ts'

/** Where the three services keep their data, and what brings them the news of each other. */
export interface PipelinePlace extends Shape {
  /** The port of a PostgreSQL server on this machine, where it is needed, with a database for this run. */
  readonly postgres?: { readonly port: number; readonly database: string }
  readonly natsUrl?: string
  /** A broker of Kafka, and the first part of the topics of this run. */
  readonly kafka?: { readonly address: string; readonly prefix: string }
  /** The servers of this run, whose use is measured. */
  readonly servers?: ServerPids
  /** The base addresses of the instances of services in other processes. */
  readonly urls?: Readonly<Record<string, readonly string[]>>
}

/** One process, a file for each service: what is measured when nothing else is said. */
export const embedded: PipelinePlace = { store: 'sqlite', bus: 'http', split: false, instances: 1 }

/** How a shape is called in a report. */
export function shapeName({ store, bus, split, instances }: Shape): string {
  const processes = split ? `${instances > 1 ? `${instances} times ` : ''}three processes` : 'one process'
  return `${store}${split || bus !== 'http' ? `, ${bus}` : ''}, ${processes}`
}

/** Opens the store of a service where the place has it. */
export async function openStore(
  { store, postgres, instances }: PipelinePlace,
  service: string,
  directory: string
): Promise<Store> {
  if (store === 'sqlite') return sqliteStore({ service, file: join(directory, `${service}.db`) })
  const { port, database } = postgres ?? { port: 5432, database: 'postgres' }
  // All instances together must not have more connections than the server takes.
  const max = instances > 2 ? 4 : 8
  const pool = new pg.Pool({ host: '127.0.0.1', port, database, user: 'postgres', max, idleTimeoutMillis: 0 })
  return postgresStore({ service, pool })
}

/** A bus that lets go of its connections when it is closed. */
function closing<Opened extends Bus>(opened: Opened, disconnect: () => Promise<unknown>): Opened {
  const close = opened.close.bind(opened)
  return Object.assign(opened, { close: () => close().then(() => disconnect().then(() => undefined)) })
}

type Parts = Pick<KafkaBusOptions, 'feeds' | 'clock' | 'ids'> & { readonly log: Log }

async function openKafka(
  { address, prefix }: NonNullable<PipelinePlace['kafka']>,
  services: readonly string[],
  parts: Parts
): Promise<Bus> {
  const client = { clientId: `bench-${process.pid}`, bootstrapBrokers: [address], retries: 0 }
  const admin = new Admin(client)
  const producer = new Producer(client)
  // It joins no group: the name is asked for and not used.
  const consumer = new Consumer({ ...client, groupId: 'unused' })
  const opened = await kafkaBus({ ...parts, admin, producer, consumer, services, prefix })
  return closing(opened, () => Promise.all([admin.close(), producer.close(), consumer.close()]))
}

/** Opens the bus of a process that runs these services. */
export async function openBus(
  { bus, natsUrl, kafka, urls }: PipelinePlace,
  services: readonly string[],
  log: Log
): Promise<Bus> {
  const [clock, ids] = [systemClock(), systemIds()]
  const local = localBus({ clock, log })
  const feeds =
    urls === undefined ? local : httpFeedBus({ urls: (service) => urls[service], local, clock, ids, log })
  if (bus === 'kafka' && kafka !== undefined) return openKafka(kafka, services, { feeds, clock, ids, log })
  if (bus !== 'nats' || natsUrl === undefined) return feeds
  const connection = await connect({ servers: natsUrl, maxReconnectAttempts: -1, noEcho: true })
  const opened = await natsBus({
    connection,
    headers: MsgHdrsImpl.fromRecord,
    manager: () => jetstreamManager(connection),
    feeds,
    clock,
    ids,
    log
  })
  return closing(opened, () => connection.close())
}
