import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { type NatsServer, natsMissing, natsServer } from './nats-server.ts'
import { postgresMissing } from './postgres-binaries.ts'
import { PostgresServer } from './postgres-server.ts'
import { available } from './required.ts'
import { addShopRoles, renewShopDatabase, shopDatabaseUrl } from './shop-database.ts'

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
  await addShopRoles(postgres)
  return {
    postgres,
    nats,
    env: { DATABASE_URL: shopDatabaseUrl(postgres), NATS_URL: nats.url },
    renew: () => renewShopDatabase(postgres),
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
