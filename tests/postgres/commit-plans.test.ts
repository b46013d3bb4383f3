import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, migrations } from '../../src/adapters/postgres/migrate.ts'
import { batchOf, boardRow, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

const commits = 30
const keysOfOne = 100
const timer = { unit: 'berth', name: 'due', correlationId: '', traceparent: '' }

describe.runIf(available('postgres', postgresMissing()))('the plans of commits and reads', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  test('a table that grows under a connection is not read whole by its commits', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { pool: server.pool('postgres', 'postgres', { max: 1 }) })
    const keysOf = (commit: number): readonly string[] =>
      Array.from({ length: keysOfOne }, (_, index) => `k${commit * keysOfOne + index}`)
    for (let commit = 0; commit < commits; commit++) {
      const fresh = keysOf(commit)
      const known = commit === 0 ? [] : keysOf(commit - 1)
      await store.commit(
        batchOf({
          log: fresh.map((key) => rowOf(key)),
          states: [
            ...fresh.map((key, row) => stateOf(key, { lastPosition: { row } })),
            ...known.map((key) => stateOf(key, { expected: 1, version: 2, lastPosition: 1 }))
          ],
          timers: [
            ...fresh.map((key) => ({ ...timer, key, dueMs: 5 })),
            ...known.map((key) => ({ ...timer, key, dueMs: 'cancel' as const }))
          ]
        })
      )
    }
    // What a connection has counted is told when it ends.
    await store.close()
    const looking = server.pool('postgres')
    try {
      const stats = await until('the server has counted', async () => {
        const { rows } = await looking.query(
          `SELECT relname AS name, n_tup_ins AS written, seq_tup_read AS read
           FROM pg_stat_user_tables WHERE schemaname = $1 AND relname IN ('state', 'timer')`,
          [schema]
        )
        return (
          rows.length === 2 && rows.every(({ written }) => Number(written) === commits * keysOfOne) && rows
        )
      })
      for (const { name, read } of stats) expect(Number(read), name).toBeLessThan(keysOfOne)
    } finally {
      await looking.end()
    }
  })

  test('timers that come after there were none for long are found by their keys', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { pool: server.pool('postgres', 'postgres', { max: 1 }) })
    const keys = Array.from({ length: keysOfOne }, (_, index) => `k${index}`)
    const commit = (names: readonly string[], dueMs: number | 'cancel'): Promise<unknown> =>
      store.commit(
        batchOf({ timers: names.flatMap((name) => keys.map((key) => ({ ...timer, name, key, dueMs }))) })
      )
    for (let round = 0; round < 8; round++) {
      await commit(['due'], 5)
      await commit(['due'], 'cancel')
    }
    await server.admin('postgres', `VACUUM (ANALYZE) ${schema}.timer`)
    for (let round = 0; round < commits; round++) await commit([`n${round}`], 5)
    for (let round = 0; round < commits; round++) await commit([`n${round}`], 'cancel')
    await store.close()
    const read = await until('the server has counted', async () => {
      const { written, read } = await readOf(schema, 'timer')
      return written === (8 + commits) * keysOfOne && read
    })
    // A whole table for each row of a batch would be millions.
    expect(read).toBeLessThan(commits * keysOfOne * 20)
  })

  test('states are read by their keys from a table that nobody has looked at and that grows', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { pool: server.pool('postgres', 'postgres', { max: 1 }) })
    const keys = Array.from({ length: keysOfOne }, (_, index) => `k${index}`)
    for (let commit = 0; commit < commits; commit++) {
      const fresh = keys.map((_, index) => stateOf(`k${commit * keysOfOne + index}`, { lastPosition: 1 }))
      await store.commit(batchOf({ states: fresh }))
      expect((await store.states('berth', keys)).size).toBe(keysOfOne)
    }
    await store.close()
    const read = await until('the server has counted', async () => {
      const { written, read } = await readOf(schema, 'state')
      return written === commits * keysOfOne && read
    })
    // All states of the unit for each read would be half of the commits' squares.
    expect(read).toBeLessThan(2 * commits * keysOfOne)
  })

  test('rows of a projection that version 3 has made are read and written by version 4', async () => {
    const schema = newSchema()
    const pool = server.pool('postgres')
    const connection = await pool.connect()
    await migrate(connection, { service: 'harbour', schema, partitions: 4 }, migrations.slice(0, 3))
    await connection.query(
      `INSERT INTO ${schema}.generation (projection, generation, revision, status, indexes)
       VALUES ('board', 1, 1, 'live', '["berth"]'), ('board', 2, 2, 'building', '[]')`
    )
    for (const id of [1, 2])
      await connection.query(
        `CREATE TABLE ${schema}.rows_${id} (key text COLLATE "C" PRIMARY KEY, fields bytea[] NOT NULL, data text COLLATE "C" NOT NULL)`
      )
    await connection.query(`INSERT INTO ${schema}.rows_2 VALUES ('a', '{}', '{"berth":7}')`)
    connection.release()
    await pool.end()
    const store = await openStore(server, schema)
    expect(await store.rows('board', 2, ['a', 'b'])).toEqual(new Map([['a', { berth: 7 }]]))
    await store.commit(batchOf({ projections: [boardRow('b', { berth: 8 }), boardRow('a', null, 2)] }))
    expect(await store.rows('board', 1, ['a', 'b'])).toEqual(new Map([['b', { berth: 8 }]]))
    expect(await store.rows('board', 2, ['a'])).toEqual(new Map())
    await store.swapGeneration('board', 2)
    expect(await failureOf(store.rows('board', 1, ['b']))).toMatchObject({ code: 'UNIT_UNKNOWN' })
    const left = await server.admin(
      'postgres',
      `SELECT proname AS name FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace AND proname LIKE 'read_rows%'`
    )
    expect(left).toEqual([{ name: 'read_rows_2' }])
  })

  /** How many rows were written, and how many entries were read, from the table and from its indexes. */
  async function readOf(
    schema: string,
    table: string
  ): Promise<{ readonly written: number; readonly read: number }> {
    const [row] = await server.admin(
      'postgres',
      `SELECT n_tup_ins::int AS written,
         (seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes AS i WHERE i.relid = t.relid))::int AS read
       FROM pg_stat_user_tables AS t WHERE schemaname = '${schema}' AND relname = '${table}'`
    )
    return { written: Number(row?.['written']), read: Number(row?.['read']) }
  }

  test('a connection that has forgotten what was prepared on it takes commits all the same', async () => {
    const pool = server.pool('postgres', 'postgres', { max: 1 })
    const store = await openStore(server, newSchema(), { pool })
    const prepared = async (): Promise<number> => {
      const { rows } = await pool.query(
        "SELECT count(*)::int AS count FROM pg_prepared_statements WHERE name LIKE 'skerry%'"
      )
      return Number(rows[0]?.['count'])
    }
    const commit = (key: string): Promise<unknown> => store.commit(batchOf({ log: [rowOf(key)] }))
    await commit('a')
    expect(await prepared()).toBe(1)
    await pool.query('DEALLOCATE ALL')
    await commit('b')
    await commit('c')
    expect(await prepared()).toBe(0)
    const rows = await Promise.all([0, 1, 2, 3].map((partition) => store.read(partition, 0, 9)))
    expect(rows.flat().map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })
})
