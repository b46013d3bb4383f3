import { join } from 'node:path'
import type { Pool } from 'pg'
import { type PostgresReadiness, postgresReadiness, postgresStore } from '../adapters/postgres/index.ts'
import { sqliteStore } from '../adapters/sqlite/index.ts'
import type { Store } from '../ports/index.ts'
import { driver } from './driver.ts'
import type { ChosenProfile, PostgresPlace } from './profile.ts'

const connectionsDefault = 8

/** Connections to the database of a service, one pool for each of its addresses. */
export async function postgresPools(
  service: string,
  { url, connections: max = connectionsDefault }: PostgresPlace
): Promise<Pool[]> {
  const { default: pg } = await driver('PostgreSQL', ['pg'], () => import('pg'))
  const urls = typeof url === 'string' ? [url] : url
  return urls.map(
    (connectionString) => new pg.Pool({ connectionString, max, application_name: `skerry ${service}` })
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
  return async (service) => {
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
}
