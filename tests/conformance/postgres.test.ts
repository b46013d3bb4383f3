import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../../src/adapters/postgres/index.ts'
import {
  leaseConformance,
  retentionConformance,
  type StoreOpener,
  storeConformance
} from '../../src/conformance/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { bindCases } from './bind-cases.ts'

describe.runIf(available('postgres', postgresMissing()))('the store on PostgreSQL', () => {
  let server: PostgresServer
  let schemas = 0

  beforeAll(async () => {
    server = await PostgresServer.start()
    // An order of words, so that a comparison that is not by code point is seen.
    await server.admin(
      'postgres',
      "CREATE DATABASE words TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en'"
    )
  }, 60_000)
  afterAll(() => server.remove())

  const opener =
    (more: Pick<PostgresStoreOptions, 'rangeSpan'>): StoreOpener =>
    async ({ service, partitions }) => {
      schemas += 1
      const schema = `${service}_${schemas}`
      return {
        open: () => postgresStore({ service, partitions, schema, ...more, pool: server.pool('words') }),
        remove: async () => {
          await server.admin('words', `DROP SCHEMA ${schema} CASCADE`)
        }
      }
    }
  const openPostgres = opener({})
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

  bindCases(storeConformance(openPostgres), 70)
  describe('shared by several instances', () => bindCases(leaseConformance(openPostgres), 13))
  describe('with its log in ranges', () =>
    bindCases(retentionConformance(opener({ rangeSpan: 10 }), sha256), 30))
})
