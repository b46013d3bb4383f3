import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import type { Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'
import { watchedPool } from './watched-pool.ts'

/** Commits one row after the other until told to stop; a commit that fails is read again, as an engine does. */
class Writer {
  readonly acknowledged: number[] = []
  readonly failures: string[] = []
  readonly #store: Store
  #stopped = false
  readonly done: Promise<void>

  constructor(store: Store) {
    this.#store = store
    this.done = this.#write()
  }

  async #write(): Promise<void> {
    let version = 0
    while (!this.#stopped) {
      try {
        version = (await this.#store.states('berth', ['a'])).get('a')?.version ?? 0
        const { positions } = await this.#store.commit(
          batchOf({
            log: [rowOf('a', { sequence: version + 1, data: version + 1 })],
            states: [
              stateOf('a', {
                expected: version,
                version: version + 1,
                sequence: version + 1,
                lastPosition: { row: 0 }
              })
            ]
          })
        )
        this.acknowledged.push(positions[0] as number)
      } catch (thrown) {
        this.failures.push((thrown as { readonly code: string }).code)
      }
    }
  }

  /** Waits for so many commits more. */
  async more(count: number): Promise<void> {
    const before = this.acknowledged.length
    await until('more is committed', async () => this.acknowledged.length >= before + count)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.done
  }
}

async function proveNothingLost(store: Store, { acknowledged }: Writer): Promise<void> {
  const rows = await store.read(0, 0, 100_000)
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(rows.length).toBeGreaterThanOrEqual(acknowledged.length)
  for (const position of acknowledged) expect(rows[position - 1]?.data).toBe(position)
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1))
  expect(await store.check()).toEqual([])
}

describe.runIf(available('postgres', postgresMissing()))('faults of PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  test.each(['fast', 'immediate'] as const)(
    'I2 I22: after a restart (%s) in the middle of commits the same store goes on, and nothing acknowledged is missing',
    async (mode) => {
      const store = await openStore(server, newSchema())
      const writer = new Writer(store)
      for (let restart = 0; restart < 2; restart++) {
        await writer.more(20)
        await server.restart(mode)
        await writer.more(20)
      }
      await writer.stop()
      expect(new Set(writer.failures)).toEqual(new Set(['STORE_UNAVAILABLE']))
      await proveNothingLost(store, writer)
    },
    60_000
  )

  test('I22: terminated connections lose no acknowledged commit and tear none', async () => {
    const store = await openStore(server, newSchema())
    const writer = new Writer(store)
    let killed = 0
    for (let kill = 0; kill < 30; kill++) {
      await writer.more(3)
      const rows = await server.admin(
        'postgres',
        `SELECT pg_terminate_backend(pid) AS it FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
      )
      killed += rows.length
    }
    await writer.more(3)
    await writer.stop()
    expect(killed).toBeGreaterThanOrEqual(30)
    await proveNothingLost(store, writer)
  }, 60_000)

  test('a read whose connection was terminated is made again on another', async () => {
    const store = await openStore(server, newSchema())
    await store.commit(batchOf({ log: [rowOf('a')] }))
    for (let kill = 0; kill < 10; kill++) {
      const reads = Array.from({ length: 8 }, () => store.read(0, 0, 10))
      const [killed] = await Promise.all([
        server.admin(
          'postgres',
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
        ),
        ...reads
      ])
      expect(killed.length).toBeGreaterThan(0)
      expect(await Promise.all(reads)).toHaveLength(8)
    }
  })

  test('without a connection left the store says so, and goes on when there is one', async () => {
    const schema = newSchema()
    await openStore(server, schema)
    await server.admin(
      'postgres',
      'CREATE ROLE crowded LOGIN CONNECTION LIMIT 1',
      `GRANT ALL ON SCHEMA ${schema} TO crowded`,
      `GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO crowded`
    )
    const taker = server.pool('postgres', 'crowded')
    onTestFinished(() => taker.end())
    const taken = await taker.connect()
    const open = () => openStore(server, schema, { pool: server.pool('postgres', 'crowded') })
    const failure = await failureOf(open())
    expect([failure.code, failure.message.includes('too many connections')]).toEqual([
      'STORE_UNAVAILABLE',
      true
    ])
    taken.release(true)
    const store = await until('a connection is free', () => open().catch(() => undefined))
    expect((await store.commit(batchOf({ log: [rowOf('a')] }))).positions).toEqual([1])
  })

  test('two transactions that wait for each other: one is done again, and both are committed', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    await store.commit(batchOf({ states: [stateOf('a')] }))
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const other = await pool.connect()
    await other.query("BEGIN; SET LOCAL deadlock_timeout = '10s'")
    await other.query(`SELECT * FROM ${schema}.state FOR UPDATE`)
    // The store locks the partition, then waits for the state; the other has the state and wants the partition.
    const committing = store.commit(
      batchOf({ log: [rowOf('b')], states: [stateOf('a', { expected: 1, version: 2 })] })
    )
    await until('the store waits', async () => {
      const [waiting] = await server.admin(
        'postgres',
        'SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted'
      )
      return Number(waiting?.['count']) > 0
    })
    const locked = other.query(`SELECT * FROM ${schema}.partition FOR UPDATE`)
    await locked
    await other.query('COMMIT')
    other.release()
    expect((await committing).positions).toEqual([1])
    const [stats] = await server.admin(
      'postgres',
      'SELECT sum(deadlocks)::int AS deadlocks FROM pg_stat_database'
    )
    expect(stats?.['deadlocks']).toBeGreaterThan(0)
  })

  test('a commit waits for the locks of another only so long', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { lockTimeoutMs: 100 })
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const other = await pool.connect()
    await other.query('BEGIN')
    await other.query(`SELECT * FROM ${schema}.partition WHERE number = 0 FOR UPDATE`)
    const failure = await failureOf(store.commit(batchOf({ log: [rowOf('a')] })))
    expect([failure.code, failure.message.includes('pg_stat_activity')]).toEqual(['STORE_UNAVAILABLE', true])
    expect((await store.commit(batchOf({ log: [rowOf('a', { partition: 1 })] }))).positions).toEqual([1])
    await other.query('COMMIT')
    other.release()
    expect((await store.commit(batchOf({ log: [rowOf('a')] }))).positions).toEqual([1])
  })

  test('a commit that waited too long for a table is not written later', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { lockTimeoutMs: 100, timeoutMs: 5_000 })
    await store.addGeneration('board', 1, 1, [], 'live')
    const commit = (): Promise<unknown> =>
      store.commit(
        batchOf({
          log: [rowOf('a')],
          projections: [{ projection: 'board', generation: 1, key: 'a', data: 1 }]
        })
      )
    await commit()
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const other = await pool.connect()
    await other.query('BEGIN')
    // As whoever makes an index does.
    await other.query(`LOCK TABLE ${schema}.rows_1 IN SHARE MODE`)
    const failure = await failureOf(commit())
    expect([failure.code, failure.message.includes('pg_stat_activity')]).toEqual(['STORE_UNAVAILABLE', true])
    await other.query('COMMIT')
    other.release()
    await commit()
    expect((await store.heads())[0]).toBe(2)
  })

  test('a server that does not answer is given up after a while, and asked again on another connection', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { timeoutMs: 2_000 })
    await store.commit(batchOf({ states: [stateOf('a')] }))
    await server.pause()
    const failure = await failureOf(store.states('berth', ['a'])).finally(() => server.resume())
    expect([failure.code, failure.message.includes('2000 ms')]).toEqual(['STORE_UNAVAILABLE', true])
    expect((await store.states('berth', ['a'])).size).toBe(1)
  })

  test('a read waits for the locks of another only so long, and the message says where to look', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { timeoutMs: 2_000 })
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const other = await pool.connect()
    await other.query(`BEGIN; LOCK TABLE ${schema}.state IN ACCESS EXCLUSIVE MODE`)
    const failure = await failureOf(store.states('berth', ['a']))
    await other.query('COMMIT')
    other.release()
    expect([failure.code, failure.message.includes('pg_stat_activity')]).toEqual(['STORE_UNAVAILABLE', true])
    expect((await store.states('berth', ['a'])).size).toBe(0)
  })

  test('a commit that is acknowledged while a new connection is looked at is not taken for one that was lost', async () => {
    let store: Store | undefined
    let between = 0
    const pool = watchedPool(server.pool('postgres'), async (connection, text, values) => {
      const result = await connection.query(text, values)
      if (store && between === 0 && text.startsWith('SELECT number, head')) {
        between += 1
        await store.commit(batchOf({ log: [rowOf('a')] }))
      }
      return result
    })
    store = await openStore(server, newSchema(), { pool })
    await store.commit(batchOf({ log: [rowOf('a')] }))
    // Two at once, so that one of them needs a new connection.
    await Promise.all([store.heads(), store.heads()])
    expect(between).toBe(1)
    expect(await store.heads()).toEqual([2, 0, 0, 0])
  })

  test('another database of the same name in place of the one that was opened is not written to', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    await store.commit(batchOf({ log: [rowOf('a')] }))
    await server.admin('postgres', `ALTER SCHEMA ${schema} RENAME TO ${schema}_old`)
    await openStore(server, schema)
    await server.admin(
      'postgres',
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
    )
    const failure = await until('connections are new', async () => {
      const found = await failureOf(store.commit(batchOf({ log: [rowOf('b')] })))
      return found.message.includes('another database') ? found : undefined
    })
    expect(failure.code).toBe('STORE_UNAVAILABLE')
  })
})

describe.runIf(available('postgres', postgresMissing()))('failover of PostgreSQL', () => {
  async function pair(): Promise<readonly [PostgresServer, PostgresServer]> {
    const first = await PostgresServer.start()
    onTestFinished(() => first.remove())
    const second = await first.standby()
    onTestFinished(() => second.remove())
    return [first, second]
  }

  test('I2: when a standby takes over, the same store goes on there, and nothing acknowledged is missing', async () => {
    const [first, second] = await pair()
    await first.admin(
      'postgres',
      "ALTER SYSTEM SET synchronous_standby_names = '*'",
      'SELECT pg_reload_conf()'
    )
    await until('the standby is waited for', async () => {
      const [row] = await first.admin('postgres', 'SELECT sync_state FROM pg_stat_replication')
      return row?.['sync_state'] === 'sync'
    })
    const pools = [second.pool('postgres'), first.pool('postgres')]
    const store = await openStore(first, 'harbour', { pool: pools })
    const writer = new Writer(store)
    await writer.more(50)
    await first.stop('immediate')
    await second.promote()
    await writer.more(50)
    await writer.stop()
    expect(new Set(writer.failures)).toEqual(new Set(['STORE_UNAVAILABLE']))
    await proveNothingLost(store, writer)
  }, 120_000)

  test('a standby that lags takes over: the store stops, for what it acknowledged is not there', async () => {
    const [first, second] = await pair()
    const pools = [first.pool('postgres'), second.pool('postgres')]
    const store = await openStore(first, 'harbour', { pool: pools })
    await store.commit(batchOf({ log: [rowOf('a')] }))
    await until('the standby has it', async () => {
      const [row] = await second.admin('postgres', "SELECT to_regclass('harbour.log')::text AS it")
      return row?.['it'] !== null
    })
    await second.stop('fast')
    await store.commit(batchOf({ log: [rowOf('b')] }))
    await first.stop('immediate')
    await second.begin()
    await second.promote()
    const failure = await failureOf(store.heads())
    expect([failure.code, failure.message.includes('but 2 was acknowledged')]).toEqual([
      'STORE_CORRUPT',
      true
    ])
    expect((await failureOf(store.commit(batchOf({ log: [rowOf('c')] })))).code).toBe('STORE_CORRUPT')
  }, 120_000)
})
