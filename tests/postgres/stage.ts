import { expect, onTestFinished } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../../src/adapters/postgres/index.ts'
import { type Batch, emptyBatch, type NewLogRow, type StateWrite, type Store } from '../../src/ports/index.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'

/** A batch with these parts; the others are empty. */
export function batchOf(parts: Partial<Batch>): Batch {
  return { ...emptyBatch, ...parts }
}

/** A row of the log with everything that does not matter filled in. */
export function rowOf(key: string, fields: Partial<NewLogRow> = {}): NewLogRow {
  return {
    partition: 0,
    kind: 'event',
    type: 'ShipMoored',
    version: 1,
    unit: 'berth',
    key,
    sequence: 1,
    previous: 0,
    timeMs: 1_700_000_000_000,
    correlationId: 'correlation-1',
    causationId: 'pilot:2:7',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data: { ship: key },
    ...fields
  }
}

/** A state with everything that does not matter filled in. */
export function stateOf(key: string, fields: Partial<StateWrite> = {}): StateWrite {
  return {
    unit: 'berth',
    key,
    expected: 0,
    version: 1,
    sequence: 0,
    lastPosition: 0,
    revision: 1,
    data: { status: 'free' },
    ...fields
  }
}

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
