import { Pool } from 'pg'
import type { Store } from 'skerry/ports'
import { postgresStore } from 'skerry/postgres'

/** Where the database is, and how a service gets in. */
export interface Place {
  readonly host: string
  readonly port: number
  password(service: string): string
}

// #region store
/** Idle connections stay, and nothing in between forgets them. */
const staying = { idleTimeoutMillis: 0, keepAlive: true, keepAliveInitialDelayMillis: 60_000 }

export function storeOf(service: string, { host, port, password }: Place): Promise<Store> {
  const login = { user: service, password: password(service) }
  const pool = new Pool({ host, port, database: 'hire', ...login, max: 8, ...staying })
  return postgresStore({ service, pool })
}
// #endregion

// #region failover
export function storeAtAnyOf(service: string, places: readonly Place[]): Promise<Store> {
  const pool = places.map(
    ({ host, port, password }) =>
      new Pool({
        host,
        port,
        database: 'hire',
        user: service,
        password: password(service),
        ...staying
      })
  )
  return postgresStore({ service, pool })
}
// #endregion
