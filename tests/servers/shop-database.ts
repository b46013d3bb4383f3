import { postgresBoardScript } from '../../src/adapters/postgres/index.ts'
import type { PostgresServer } from './postgres-server.ts'

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

/** A role for each service of the shop, once for a server. */
export async function addShopRoles(postgres: PostgresServer): Promise<void> {
  for (const service of shopServices) await postgres.admin('postgres', `CREATE ROLE ${service} LOGIN`)
}

/** An empty database of the shop in place of the one before: a schema for each role, and the board of instances. */
export async function renewShopDatabase(postgres: PostgresServer): Promise<void> {
  await postgres.admin('postgres', 'DROP DATABASE IF EXISTS retail WITH (FORCE)', 'CREATE DATABASE retail')
  for (const service of shopServices)
    await postgres.admin('retail', `CREATE SCHEMA ${service} AUTHORIZATION ${service}`)
  await postgres.admin('retail', ...postgresBoardScript(shopServices).split('\n'))
}

/** Where the shop finds it; the config of the shop puts the role in. */
export function shopDatabaseUrl({ port }: PostgresServer): string {
  return `postgres://127.0.0.1:${port}/retail`
}
