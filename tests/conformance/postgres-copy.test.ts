import { afterAll, beforeAll, describe } from 'vitest'
import { type CopyOpener, storeCopyConformance } from '../../src/conformance/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { bindCases } from './bind-cases.ts'
import { postgresPlaces, sqlitePlace } from './copy-places.ts'

describe.runIf(available('postgres', postgresMissing()))('copies', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
    // An order of words, so that a comparison that is not by code point is seen.
    await server.admin(
      'postgres',
      "CREATE DATABASE words TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en'"
    )
  }, 60_000)
  afterAll(() => server.remove())

  const unseen: CopyOpener = (service) => postgresPlaces(server, 'words')(service)
  const seen: CopyOpener = (service) => postgresPlaces(server, 'words', 'skerry harbour')(service)

  describe('from SQLite to PostgreSQL', () => bindCases(storeCopyConformance(sqlitePlace, unseen), 9))
  describe('from PostgreSQL to SQLite', () => bindCases(storeCopyConformance(seen, sqlitePlace), 9))
  describe('from PostgreSQL to PostgreSQL', () => bindCases(storeCopyConformance(unseen, unseen), 9))
})
