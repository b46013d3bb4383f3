import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, migrations } from '../../src/adapters/postgres/migrate.ts'
import { batchOf, boardRow, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import { partitionOf } from '../../src/core/index.ts'
import type { Batch } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

const commits = 30
const keysOfOne = 100
const parked = {
  subscription: 'board',
  source: 'quay',
  partition: 0,
  position: 1,
  status: 'dead',
  attempts: 1,
  dueMs: 0,
  failure: '',
  parkedMs: 0,
  message: null
} as const
const timer = { unit: 'berth', name: 'due', correlationId: '', traceparent: '' }

/** A batch with the parts of which the bit is set; each number gives another text. */
function batchOfKind(kind: number, round: number): Batch {
  const key = `k${kind}.${round}`
  const parts: readonly Partial<Batch>[] = [
    { states: [stateOf(key, { lastPosition: 1 })] },
    { log: [rowOf(key)] },
    { timers: [{ ...timer, key, dueMs: 5 }] },
    { checkpoints: [{ subscription: key, source: 'quay', partition: 0, from: 0, to: 1, done: 1 }] },
    { parked: [{ ...parked, key }] },
    { answers: [{ idempotencyKey: key, fingerprint: '', outcome: { refusal: null }, timeMs: 0 }] },
    { audit: [{ timeMs: 0, action: 'skip', subject: key, by: '', reason: '', details: null }] },
    { touched: ['board'] }
  ]
  return batchOf(Object.assign({}, ...parts.filter((_, bit) => kind & (2 ** bit))))
}

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

  test('timers that are due at one time are read by pages, not all for each', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { pool: server.pool('postgres', 'postgres', { max: 1 }) })
    const timers = Array.from({ length: 3_000 }, (_, index) => ({ ...timer, key: `k${index}`, dueMs: 5 }))
    await store.commit(batchOf({ timers }))
    const first = timers.map(({ key }) => key).sort()
    for (let round = 0; round < commits; round++) {
      const found = await store.timers(10)
      expect(found.map(({ key }) => key)).toEqual(first.slice(0, 10))
    }
    await store.close()
    const read = await until('the server has counted', async () => {
      const { written, read } = await readOf(schema, 'timer')
      return written === timers.length && read
    })
    expect(read).toBeGreaterThan(0)
    // All of them for each look would be thirty times as many.
    expect(read).toBeLessThan(timers.length)
  })

  test('a page of large rows costs what it gives, not what it was asked for', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    const large = { ...rowOf('a'), partition: 0, data: { x: randomBytes(50_000).toString('hex') } }
    for (let commit = 0; commit < 20; commit++) await store.commit(batchOf({ log: Array(10).fill(large) }))
    await store.close()
    /** How much of what is stored beside the rows a connection looks at for a page. */
    const blocksOf = async (limit: number, given: number): Promise<number> => {
      const before = await largeBlocks(schema)
      const pool = server.pool('postgres', 'postgres', { max: 1 })
      const reading = await openStore(server, schema, { pool })
      expect(await reading.read(0, 0, limit)).toHaveLength(given)
      await reading.close()
      return until('the server has counted', async () => (await largeBlocks(schema)) - before)
    }
    const one = await blocksOf(1, 1)
    expect(one).toBeGreaterThan(5)
    expect(await blocksOf(200, 21)).toBeLessThan(2 * 21 * one)
  })

  test('a history of large rows is not written to temporary files', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    const partition = partitionOf('a', 4)
    const data = { x: randomBytes(50_000).toString('hex') }
    const length = 60
    const log = Array.from({ length }, (_, previous) => ({ ...rowOf('a'), partition, previous, data }))
    for (const row of log) await store.commit(batchOf({ log: [row] }))
    await store.commit(batchOf({ states: [stateOf('a', { sequence: length, lastPosition: length })] }))
    await store.close()
    const blocks = await largeBlocks(schema)
    const temporary = await temporaryBytes()
    const reading = await openStore(server, schema)
    expect(await reading.history('berth', 'a')).toHaveLength(length)
    await reading.close()
    await until('the server has counted', async () => (await largeBlocks(schema)) > blocks)
    expect(await temporaryBytes()).toBe(temporary)
  })

  async function temporaryBytes(): Promise<number> {
    const [row] = await server.admin(
      'postgres',
      "SELECT temp_bytes::int AS bytes FROM pg_stat_database WHERE datname = 'postgres'"
    )
    return Number(row?.['bytes'])
  }

  /** How often a block of what is stored beside the rows of the log was looked at. */
  async function largeBlocks(schema: string): Promise<number> {
    const [row] = await server.admin(
      'postgres',
      `SELECT (toast_blks_hit + toast_blks_read)::int AS blocks FROM pg_statio_user_tables
       WHERE schemaname = '${schema}' AND relname = 'log_1'`
    )
    return Number(row?.['blocks'])
  }

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

  test('reads are prepared however many kinds of commits came before them', async () => {
    const pool = server.pool('postgres', 'postgres', { max: 1 })
    const store = await openStore(server, newSchema(), { pool })
    const prepared = async (condition: string): Promise<number> => {
      const { rows } = await pool.query(
        `SELECT count(*)::int AS count FROM pg_prepared_statements WHERE ${condition}`
      )
      return Number(rows[0]?.['count'])
    }
    const commitAll = async (round: number): Promise<void> => {
      for (let kind = 1; kind < 2 ** 8; kind++) await store.commit(batchOfKind(kind, round))
    }
    await commitAll(1)
    await commitAll(2)
    // What has come twice may not come again.
    expect(await prepared("name LIKE 'skerry%'")).toBe(0)
    await commitAll(3)
    // As many as get a name.
    expect(await prepared("name LIKE 'skerry%'")).toBe(200)
    for (let round = 0; round < 3; round++) {
      expect((await store.states('berth', ['k1.1'])).size).toBe(1)
      expect(await store.read(0, 0, 9)).not.toHaveLength(0)
    }
    expect(await prepared("statement ~ 'read_(states|log)'")).toBe(2)
  })

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
    for (const key of ['a', 'b', 'c']) await commit(key)
    expect(await prepared()).toBe(1)
    await pool.query('DEALLOCATE ALL')
    for (const key of ['d', 'e']) await commit(key)
    expect(await prepared()).toBe(0)
    const rows = await store.read(0, 0, 9)
    expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
