import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { postgresBoardScript } from '../../src/adapters/postgres/index.ts'
import { type NatsServer, natsMissing, natsServer } from './nats-server.ts'
import { postgresMissing } from './postgres-binaries.ts'
import { PostgresServer } from './postgres-server.ts'
import { available } from './required.ts'

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
interface ShopServers {
  readonly postgres: PostgresServer
  readonly nats: NatsServer
  /** What the shop finds them by. */
  readonly env: Readonly<Record<string, string>>
  /** An empty database in place of the one before. */
  renew(): Promise<void>
  remove(): Promise<void>
}

/** Starts them. */
async function shopServers(): Promise<ShopServers> {
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

/** Tests on these servers, each of which begins with an empty database; skipped where a server is missing. */
export function describeOnShopServers(what: string, tests: (servers: () => ShopServers) => void): void {
  describe.runIf(available('postgres', postgresMissing()) && available('nats', natsMissing()))(what, () => {
    let servers: ShopServers

    beforeAll(async () => {
      servers = await shopServers()
    })
    beforeEach(() => servers.renew())
    afterAll(() => servers.remove())

    tests(() => servers)
  })
}
