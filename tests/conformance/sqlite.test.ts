import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { type StoreOpener, storeConformance } from '../../src/conformance/index.ts'
import { bindCases } from './bind-cases.ts'

const openSqlite: StoreOpener = async ({ service, partitions }) => {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-store-'))
  return {
    open: () => sqliteStore({ service, partitions, file: join(directory, `${service}.db`) }),
    remove: () => rm(directory, { recursive: true })
  }
}

describe('the store on SQLite', () => bindCases(storeConformance(openSqlite), 70))
