import { join } from 'node:path'
import type { Pool, PoolConfig } from 'pg'
import {
  type PostgresReadiness,
  postgresCopy,
  postgresReadiness,
  postgresStore
} from '../adapters/postgres/index.ts'
import { sqliteCopy, sqliteStore } from '../adapters/sqlite/index.ts'
import type { Store, StoreCopy } from '../ports/index.ts'
import { driver } from './driver.ts'
import type { ChosenProfile, PostgresPlace } from './profile.ts'
import { withProfile } from './service-place.ts'

const connectionsDefault = 8

/**
 * The first commit on a new connection is slow, so they stay; and are kept from being forgotten by what is in between:
 * whoever is given one of those waits for an answer until the time is up.
 */
const staying = { idleTimeoutMillis: 0, keepAlive: true, keepAliveInitialDelayMillis: 60_000 }

/**
 * So long a connection may take to be made, in milliseconds, as long as a call waits for the server: one whose beginning
 * vanished on the way would keep its place in the pool until the system gives it up, which takes a quarter of an hour.
 */
const connectMaxMs = 30_000

/** How many connections a process has at most to the store of a service: those of its pool, and one that hears of commits. */
export function storeConnections({ connections = connectionsDefault }: PostgresPlace): number {
  return connections + 1
}

/** How the server knows the connections of a service. */
function applicationOf(service: string): string {
  return `skerry ${service}`
}

/** Connections to the database of a service, one pool for each of its addresses. */
export async function postgresPools(
  service: string,
  { url, connections: max = connectionsDefault }: PostgresPlace,
  application: string = applicationOf(service),
  more: PoolConfig = {}
): Promise<Pool[]> {
  const { default: pg } = await driver('PostgreSQL', ['pg'], () => import('pg'))
  const urls = typeof url === 'string' ? [url] : url
  return urls.map(
    (connectionString) =>
      new pg.Pool({
        connectionString,
        max,
        connectionTimeoutMillis: connectMaxMs,
        ...staying,
        application_name: application,
        ...more
      })
  )
}

/** Looks whether the store of a service could be opened there; fails as opening it would. */
export async function storeReadiness(service: string, place: PostgresPlace): Promise<PostgresReadiness> {
  return postgresReadiness({
    service,
    pool: await postgresPools(service, place),
    schema: place.schema ?? service
  })
}

/** Opens the store of each service where the profile says that it is; files are in `directory`. */
export function storeOpener(
  { storeOf }: ChosenProfile,
  directory: string
): (service: string) => Promise<Store> {
  const open = async (service: string): Promise<Store> => {
    const place = storeOf(service)
    if (place.kind === 'postgres')
      return postgresStore({
        service,
        pool: await postgresPools(service, place),
        schema: place.schema ?? service,
        announce: true
      })
    return sqliteStore({ service, file: join(directory, `${service}.db`) })
  }
  return (service) =>
    open(service).catch((thrown: unknown) => {
      throw withProfile(thrown)
    })
}

/** The place of a service in a profile, to copy from it or to it; files are in `directory`. */
export async function storeCopy(
  { storeOf }: ChosenProfile,
  directory: string,
  service: string
): Promise<StoreCopy> {
  const place = storeOf(service)
  if (place.kind === 'sqlite') return sqliteCopy({ service, file: join(directory, `${service}.db`) })
  const pool = await postgresPools(service, { ...place, connections: 1 }, `skerry move ${service}`)
  const schema = place.schema ?? service
  return postgresCopy({ service, pool, schema, application: applicationOf(service) })
}
