import type { PostgresPool } from './connection.ts'
import { type FoundSchema, lookAtSchema } from './migrate.ts'
import { StoreSession } from './store-session.ts'

/** Where a store would be opened. */
export interface PostgresReadinessOptions {
  readonly service: string
  /** Connections to the database, with the role of the service. They are ended. */
  readonly pool: PostgresPool | readonly PostgresPool[]
  readonly schema: string
}

/** What opening a store would find. */
export interface PostgresReadiness {
  readonly found: FoundSchema
  /** The version of the schema that is there, and the one that opening brings it to. */
  readonly version: number
  readonly known: number
}

const timeoutMs = 5_000

/**
 * Looks whether `postgresStore` could be opened there, and changes nothing. Fails as that does: with `STORE_GUARANTEE`,
 * `STORE_NEWER`, `STORE_UNAVAILABLE` or `CONFIG_INVALID`, each saying what to do.
 */
export async function postgresReadiness(options: PostgresReadinessOptions): Promise<PostgresReadiness> {
  const { service, pool, schema } = options
  const pools = 'connect' in pool ? [pool] : pool
  const needs = { service, schema, partitions: undefined }
  const session = new StoreSession({ ...needs, pools, timeoutMs })
  try {
    return await session.run('read', (connection) => lookAtSchema(connection, needs))
  } finally {
    await session.close()
  }
}
