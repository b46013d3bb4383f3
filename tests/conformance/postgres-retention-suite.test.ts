import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { retentionConformance } from '../../src/conformance/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { type RetentionDefect, retentionDefects } from './retention-defects.ts'

// A suite is worth what it catches: each of these stores breaks one promise, and the case for it must see that.

/** A thing with some of its methods replaced. */
function replaced<Whole extends object>(whole: Whole, others: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get(target, name) {
      const other: unknown = Reflect.get(others, name)
      const found: unknown = other ?? Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    }
  })
}

function spoilt(store: Store, defect: RetentionDefect): Store {
  expect(store.retention).toBeDefined()
  const retention = store.retention as NonNullable<Store['retention']>
  const others = defect(store, retention)
  return replaced(store, { ...others.store, retention: replaced(retention, others.retention ?? {}) })
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe.runIf(available('postgres', postgresMissing()))('the suite of retention', () => {
  let server: PostgresServer
  let schemas = 0

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  const suiteOf = (defect: RetentionDefect): ReturnType<typeof retentionConformance> =>
    retentionConformance(async ({ service, partitions }) => {
      schemas += 1
      const schema = `${service}_${schemas}`
      return {
        async open() {
          const pool = server.pool('postgres')
          return spoilt(await postgresStore({ service, partitions, schema, rangeSpan: 10, pool }), defect)
        },
        async remove() {
          await server.admin('postgres', `DROP SCHEMA ${schema} CASCADE`)
        }
      }
    }, sha256)

  test('a store without a defect passes, as it does behind the same wrapping', async () => {
    for (const each of suiteOf(() => ({}))) await each.run()
  }, 120_000)

  test.each(retentionDefects)('a store that %s is caught by: %s', async (_, caught, defect) => {
    const found = suiteOf(defect).find((each) => each.name === caught)
    expect(found).toBeDefined()
    await expect(found?.run()).rejects.toThrow(/./)
  })

  test('every case of the suite is seen to catch a defect', () => {
    const names = suiteOf(() => ({})).map((each) => each.name)
    expect(retentionDefects.map(([, caught]) => caught).toSorted()).toEqual(names.toSorted())
  })
})
