import { postgresBoardScript } from '../../src/adapters/postgres/index.ts'
import { type NatsServer, natsServer } from './nats-server.ts'
import { PostgresServer } from './postgres-server.ts'

/** The services of the shop. */
export const shopServices: readonly string[] = [
  'catalog',
  'pricing',
  'sales',
  'inventory',
  'billing',
  'shipping',
  'fulfilment',
  'notifications'
]

/** The servers that the profiles of the shop need: a database with a role and a schema for each service, and a broker. */
export interface ShopServers {
  readonly postgres: PostgresServer
  readonly nats: NatsServer
  /** What the shop finds them by. */
  readonly env: Readonly<Record<string, string>>
  /** An empty database in place of the one before. */
  renew(): Promise<void>
  remove(): Promise<void>
}

/** Starts them. */
export async function shopServers(): Promise<ShopServers> {
  const [postgres, nats] = await Promise.all([PostgresServer.start(), natsServer()])
  for (const service of shopServices) await postgres.admin('postgres', `CREATE ROLE ${service} LOGIN`)
  return {
    postgres,
    nats,
    env: { DATABASE_URL: `postgres://127.0.0.1:${postgres.port}/retail`, NATS_URL: nats.url },
    async renew() {
      await postgres.admin(
        'postgres',
        'DROP DATABASE IF EXISTS retail WITH (FORCE)',
        'CREATE DATABASE retail'
      )
      for (const service of shopServices)
        await postgres.admin('retail', `CREATE SCHEMA ${service} AUTHORIZATION ${service}`)
      await postgres.admin('retail', ...postgresBoardScript(shopServices).split('\n'))
    },
    async remove() {
      await nats.remove()
      await postgres.remove()
    }
  }
}
