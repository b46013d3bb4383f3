import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import type { Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'
import { watchedPool } from './watched-pool.ts'

describe.runIf(available('postgres', postgresMissing()))('serialization failures of PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  /** A store with one connection, and how often the server has said 40001 to it. */
  async function watchedStore(schema: string): Promise<readonly [Store, met: () => number]> {
    let met = 0
    const pool = watchedPool(
      server.pool('postgres', 'postgres', { max: 1 }),
      async (connection, text, values) =>
        connection.query(text, values).catch((thrown: unknown) => {
          if ((thrown as { readonly code?: unknown }).code === '40001') met += 1
          throw thrown
        })
    )
    return [await openStore(server, schema, { pool }), () => met]
  }

  async function setIsolation(value: string): Promise<void> {
    await server.admin(
      'postgres',
      value === ''
        ? 'ALTER SYSTEM RESET default_transaction_isolation'
        : `ALTER SYSTEM SET default_transaction_isolation = '${value}'`,
      'SELECT pg_reload_conf()'
    )
  }

  /** Makes each new state of a service fail with a serialization failure, so often. */
  async function failStates(schema: string, times: number): Promise<() => Promise<number>> {
    await server.admin(
      'postgres',
      // Numbers of a sequence are not given back by what is rolled back.
      `CREATE SEQUENCE ${schema}.tries`,
      `CREATE FUNCTION ${schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('${schema}.tries') <= ${times} THEN
           RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'could not serialize access';
         END IF;
         RETURN new;
       END $$`,
      `CREATE TRIGGER fail BEFORE INSERT ON ${schema}.state FOR EACH ROW EXECUTE FUNCTION ${schema}.fail()`
    )
    return async () => {
      const [row] = await server.admin('postgres', `SELECT last_value::int AS tries FROM ${schema}.tries`)
      return Number(row?.['tries'])
    }
  }

  test.each(['repeatable read', 'serializable'])(
    'an instance that meets one while it says that it is alive (%s) says it again, and keeps its leases',
    async (isolation) => {
      const schema = newSchema()
      const [store, met] = await watchedStore(schema)
      const beat = () => store.leases?.beat({ instance: 'a', ttlMs: 60_000, names: ['one'], released: [] })
      const held = await beat()
      expect(held?.held.map(({ name }) => name)).toEqual(['one'])
      onTestFinished(() => setIsolation(''))
      await setIsolation(isolation)
      // One connection, which has heard of it when a commit is refused on it.
      await until('the connection has heard of it', () =>
        store.commit(batchOf({ log: [rowOf('a')] })).then(
          () => false,
          () => true
        )
      )
      const pool = server.pool('postgres')
      onTestFinished(() => pool.end())
      const other = await pool.connect()
      await other.query('BEGIN ISOLATION LEVEL READ COMMITTED')
      await other.query(`UPDATE ${schema}.instance SET alive_until = alive_until + interval '1 second'`)
      const beating = beat()
      await until('the store waits', async () => {
        const [waiting] = await server.admin(
          'postgres',
          'SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted'
        )
        return Number(waiting?.['count']) > 0
      })
      expect(met()).toBe(0)
      await other.query('COMMIT')
      other.release()
      expect((await beating)?.held).toEqual(held?.held)
      expect(met()).toBe(1)
    }
  )

  test('a commit that meets some is done again, and happens once', async () => {
    const schema = newSchema()
    const [store, met] = await watchedStore(schema)
    const tries = await failStates(schema, 3)
    const { positions } = await store.commit(batchOf({ log: [rowOf('a')], states: [stateOf('a')] }))
    expect([positions, met(), await tries()]).toEqual([[1], 3, 4])
    expect((await store.heads())[0]).toBe(1)
    expect((await store.states('berth', ['a'])).get('a')?.version).toBe(1)
    expect(await store.check()).toEqual([])
  })

  test('a commit that meets nothing else fails in the end, is not written, and may be made later', async () => {
    const schema = newSchema()
    const [store, met] = await watchedStore(schema)
    const tries = await failStates(schema, 6)
    const batch = batchOf({ log: [rowOf('a')], states: [stateOf('a')] })
    const failure = await failureOf(store.commit(batch))
    expect([failure.code, failure.message]).toEqual([
      'STORE_UNAVAILABLE',
      expect.stringContaining('could not serialize access')
    ])
    expect([met(), await tries(), (await store.heads())[0]]).toEqual([6, 6, 0])
    expect((await store.commit(batch)).positions).toEqual([1])
  })
})
