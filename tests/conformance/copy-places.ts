import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresCopy, postgresStore } from '../../src/adapters/postgres/index.ts'
import { sqliteCopy, sqliteStore } from '../../src/adapters/sqlite/index.ts'
import type { CopyOpener } from '../../src/conformance/index.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'

const partitions = 4

/** Files of their own directory each. */
export const sqlitePlace: CopyOpener = async (service) => {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-copy-'))
  const file = join(directory, `${service}.db`)
  return {
    open: () => sqliteStore({ service, partitions, file }),
    copy: async () => sqliteCopy({ service, file }),
    remove: () => rm(directory, { recursive: true })
  }
}

let schemas = 0

/** Schemas of a database; the connections of stores have the name `application`. */
export function postgresPlaces(server: PostgresServer, database: string, application?: string): CopyOpener {
  return async (service) => {
    schemas += 1
    const schema = `copy_${schemas}`
    const named = application === undefined ? {} : { application_name: application }
    const connected = application === undefined ? {} : { application }
    return {
      open: () =>
        postgresStore({ service, partitions, schema, pool: server.pool(database, 'postgres', named) }),
      copy: async () => postgresCopy({ service, schema, pool: server.pool(database), ...connected }),
      remove: async () => {
        await server.admin(database, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      }
    }
  }
}
