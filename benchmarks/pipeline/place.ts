import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, MsgHdrsImpl } from '@nats-io/transport-node'
import pg from 'pg'
import { httpFeedBus } from 'skerry/http-feed'
import { localBus } from 'skerry/local'
import { natsBus } from 'skerry/nats'
import { systemClock, systemIds } from 'skerry/node'
import type { Bus, Log, Store } from 'skerry/ports'
import { postgresStore } from 'skerry/postgres'
import { sqliteStore } from 'skerry/sqlite'
import type { Shape } from '../plan.ts'

/** Where the three services keep their data, and what brings them the news of each other. */
export interface PipelinePlace extends Shape {
  /** The port of a PostgreSQL server on this machine, where it is needed, with a database for this run. */
  readonly postgres?: { readonly port: number; readonly database: string }
  readonly natsUrl?: string
  /** The base addresses of services in other processes. */
  readonly urls?: Readonly<Record<string, string>>
}

/** One process, a file for each service: what is measured when nothing else is said. */
export const embedded: PipelinePlace = { store: 'sqlite', bus: 'http', split: false }

/** How a shape is called in a report. */
export function shapeName({ store, bus, split }: Shape): string {
  return `${store}${split || bus !== 'http' ? `, ${bus}` : ''}, ${split ? 'three processes' : 'one process'}`
}

/** Opens the store of a service where the place has it. */
export async function openStore(
  { store, postgres }: PipelinePlace,
  service: string,
  directory: string
): Promise<Store> {
  if (store === 'sqlite') return sqliteStore({ service, file: join(directory, `${service}.db`) })
  const { port, database } = postgres ?? { port: 5432, database: 'postgres' }
  const pool = new pg.Pool({ host: '127.0.0.1', port, database, user: 'postgres', max: 8 })
  return postgresStore({ service, pool })
}

/** Opens the bus of a process. */
export async function openBus({ bus, natsUrl, urls }: PipelinePlace, log: Log): Promise<Bus> {
  const [clock, ids] = [systemClock(), systemIds()]
  const local = localBus({ clock, log })
  const feeds = urls === undefined ? local : httpFeedBus({ urls, local, clock, ids, log })
  if (bus === 'http' || natsUrl === undefined) return feeds
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
  const close = opened.close.bind(opened)
  return Object.assign(opened, { close: () => close().then(() => connection.close()) })
}
