import { expect, onTestFinished } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../../src/adapters/postgres/index.ts'
import type { Store } from '../../src/ports/index.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'

let schemas = 0

/** A schema that no other test uses. */
export function newSchema(): string {
  schemas += 1
  return `test_${schemas}`
}

/** A store of `harbour` that is closed when the test is over. */
export async function openStore(
  server: PostgresServer,
  schema: string,
  more: Partial<PostgresStoreOptions> = {}
): Promise<Store> {
  const pool = more.pool ?? server.pool('postgres')
  const store = await postgresStore({ service: 'harbour', partitions: 4, schema, ...more, pool })
  onTestFinished(() => store.close())
  return store
}

/** What a call failed with: the code and the text. */
export async function failureOf(
  call: Promise<unknown>
): Promise<{ readonly code: string; readonly message: string }> {
  const outcome = await call.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown })
  )
  expect(outcome, 'it should have failed').toHaveProperty('thrown')
  const { code, message } = (outcome as { readonly thrown: { code: string; message: string } }).thrown
  return { code, message }
}
