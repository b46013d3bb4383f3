import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { migrate, migrations } from '../../src/adapters/postgres/migrate.ts'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import type { Failure } from '../../src/core/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

/** What a commit fails with now; undefined where it is written. */
async function failureNow(store: Store): Promise<Failure | undefined> {
  return store.commit(batchOf({ log: [rowOf('b')] })).then(
    () => undefined,
    (thrown: Failure) => thrown
  )
}

describe.runIf(available('postgres', postgresMissing()))('opening a store on PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function withSetting<Result>(
    name: string,
    value: string,
    task: () => Promise<Result>
  ): Promise<Result> {
    const reload = async (statement: string): Promise<void> => {
      await server.admin('postgres', statement, 'SELECT pg_reload_conf()')
      const [shown] = await server.admin('postgres', `SHOW ${name}`)
      expect(Object.values(shown ?? {})).toHaveLength(1)
    }
    await reload(`ALTER SYSTEM SET ${name} = ${value}`)
    try {
      return await task()
    } finally {
      await reload(`ALTER SYSTEM RESET ${name}`)
    }
  }

  test.each(['fsync', 'full_page_writes', 'synchronous_commit'])(
    'with %s off nothing is opened, and the message says how to switch it on',
    async (name) => {
      const failure = await withSetting(name, 'off', () => failureOf(openStore(server, newSchema())))
      expect(failure.code).toBe('STORE_GUARANTEE')
      expect(failure.message).toContain(`${name} = on`)
      const store = await openStore(server, newSchema())
      expect(await store.heads()).toEqual([0, 0, 0, 0])
    }
  )

  test.each(['fsync', 'full_page_writes', 'synchronous_commit'])(
    'when %s is switched off under a running service, nothing is acknowledged until it is on',
    async (name) => {
      const store = await openStore(server, newSchema())
      await store.commit(batchOf({ log: [rowOf('a')] }))
      const failure = await withSetting(name, 'off', async () => {
        const codes: string[] = []
        // A backend takes a new configuration over before its next statement, not at once.
        while (codes.at(-1) !== 'STORE_GUARANTEE' && codes.length < 1_000)
          codes.push(
            await store.commit(batchOf({ log: [rowOf('b')] })).then(
              () => 'committed',
              (thrown: { readonly code: string }) => thrown.code
            )
          )
        return codes.at(-1)
      })
      expect(failure).toBe('STORE_GUARANTEE')
      const again = await openStore(server, newSchema())
      expect((await again.commit(batchOf({ log: [rowOf('c')] }))).positions).toEqual([1])
    }
  )

  test.each(['serializable', 'repeatable read'])(
    'a role, a database or a pool whose transactions are %s is refused, and opened as soon as it is as the message says',
    async (isolation) => {
      const name = `strict_${isolation.replace(' ', '_')}`
      const setting = `SET default_transaction_isolation = '${isolation}'`
      await server.admin('postgres', `CREATE DATABASE ${name}`)
      const [role, database] = [`${name}_role`, `${name}_database`]
      for (const one of [role, database]) {
        await server.admin('postgres', `CREATE ROLE ${one} LOGIN`)
        await server.admin('postgres', `GRANT CREATE ON DATABASE ${name}, postgres TO ${one}`)
      }
      await server.admin('postgres', `ALTER ROLE ${role} ${setting}`, `ALTER DATABASE ${name} ${setting}`)
      for (const [place, user] of [
        ['postgres', role],
        [name, database]
      ] as const) {
        const open = () => openStore(server, newSchema(), { pool: server.pool(place, user) })
        const failure = await failureOf(open())
        expect([failure.code, failure.message]).toEqual([
          'STORE_GUARANTEE',
          expect.stringContaining('default_transaction_isolation is not read committed')
        ])
        const [, statement = ''] = /To change it: (ALTER ROLE [^;]+;)/.exec(failure.message) ?? []
        const own = server.pool(place, user)
        await own.query(statement)
        await own.end()
        expect((await (await open()).commit(batchOf({ log: [rowOf('a')] }))).positions).toEqual([1])
      }
      const options = `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`
      const failure = await failureOf(
        openStore(server, newSchema(), { pool: server.pool('postgres', 'postgres', { options }) })
      )
      expect([failure.code, failure.message]).toEqual([
        'STORE_GUARANTEE',
        expect.stringContaining('the options of the pool')
      ])
    }
  )

  test('when the isolation changes under a running service, nothing is acknowledged until it is as before', async () => {
    const store = await openStore(server, newSchema())
    await store.commit(batchOf({ log: [rowOf('a')] }))
    await withSetting('default_transaction_isolation', "'serializable'", async () => {
      const failure = await until('the server has heard of it', () => failureNow(store))
      expect([failure.code, failure.message]).toEqual([
        'STORE_GUARANTEE',
        expect.stringContaining('the isolation changed')
      ])
    })
    const before = (await store.heads())[0] ?? 0
    await until('it is as before', async () => (await failureNow(store)) === undefined)
    expect((await store.heads())[0]).toBe(before + 1)
  })

  test('a database in another encoding is refused', async () => {
    await server.admin('postgres', "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    const failure = await failureOf(openStore(server, newSchema(), { pool: server.pool('latin') }))
    expect([failure.code, failure.message.includes('UTF8')]).toEqual(['STORE_GUARANTEE', true])
  })

  test('the schema of another service, of another program, or with other partitions is refused, and so are times that contradict each other', async () => {
    const schema = newSchema()
    await openStore(server, schema)
    const wrong = [
      () => openStore(server, schema, { service: 'pilot' }),
      () => openStore(server, schema, { partitions: 8 }),
      () => openStore(server, 'Harbour; DROP SCHEMA x'),
      () => openStore(server, schema, { partitions: 33 }),
      () => openStore(server, schema, { timeoutMs: 1_000, lockTimeoutMs: 2_000 })
    ]
    for (const open of wrong) expect((await failureOf(open())).code).toBe('CONFIG_INVALID')
    const other = newSchema()
    await server.admin('postgres', `CREATE SCHEMA ${other}`, `CREATE TABLE ${other}.log (id int)`)
    expect((await failureOf(openStore(server, other))).message).toContain('another program')
  })

  test('a role that may not make its schema is told the statement that makes it', async () => {
    await server.admin('postgres', 'CREATE ROLE poor LOGIN')
    const open = () => openStore(server, 'poor', { pool: server.pool('postgres', 'poor') })
    const failure = await failureOf(open())
    expect(failure.code).toBe('CONFIG_INVALID')
    const [, statement = ''] = /: (CREATE SCHEMA .*;)/.exec(failure.message) ?? []
    await server.admin('postgres', statement)
    expect(await (await open()).heads()).toEqual([0, 0, 0, 0])
  })

  test('no role of another service reads or writes what a service has', async () => {
    for (const role of ['harbour', 'pilot'])
      await server.admin(
        'postgres',
        `CREATE ROLE ${role} LOGIN`,
        `CREATE SCHEMA ${role} AUTHORIZATION ${role}`
      )
    const store = await openStore(server, 'harbour', { pool: server.pool('postgres', 'harbour') })
    await store.commit(batchOf({ log: [rowOf('a')] }))
    const intruder = server.pool('postgres', 'pilot')
    onTestFinished(() => intruder.end())
    const tries = [
      'SELECT * FROM harbour.log',
      'UPDATE harbour.partition SET head = 0',
      "SELECT harbour.write_audit('{}', '{}', '{}', '{}', '{}', '{}')"
    ]
    for (const sql of tries)
      expect((await failureOf(intruder.query(sql))).message).toContain('permission denied for schema harbour')
    expect(await store.heads()).toEqual([1, 0, 0, 0])
  })

  test('many processes that open a new schema at once all succeed, on one log', async () => {
    const schema = newSchema()
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(server, schema)))
    const committed = await Promise.all(stores.map((store) => store.commit(batchOf({ log: [rowOf('a')] }))))
    const positions = committed.flatMap((each) => each.positions)
    expect([...positions].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('an older schema is brought forward once, with what is in it; an older program is then refused', async () => {
    const schema = newSchema()
    const old = await openStore(server, schema)
    await old.commit(batchOf({ log: [rowOf('a')], states: [stateOf('a')] }))
    const later = [
      ...migrations,
      (name: string) => `ALTER TABLE ${name}.state ADD COLUMN note text; CREATE TABLE ${name}.later (id int)`
    ]
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const needs = { service: 'harbour', schema, partitions: undefined }
    const facts = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const connection = await pool.connect()
        const found = await migrate(connection, needs, later)
        connection.release()
        return found
      })
    )
    const next = migrations.length + 1
    expect(facts.map(({ version }) => version)).toEqual([next, next, next, next])
    const running = await failureOf(old.commit(batchOf({ log: [rowOf('b')] })))
    expect(running.code).toBe('STORE_NEWER')
    expect(await old.heads()).toEqual([1, 0, 0, 0])
    const opening = await failureOf(openStore(server, schema))
    expect([opening.code, opening.message.includes(`version ${next}`)]).toEqual(['STORE_NEWER', true])
  })

  test('a schema of version 1 with data gets leases, and everything in it stays', async () => {
    const schema = newSchema()
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const connection = await pool.connect()
    const needs = { service: 'harbour', schema, partitions: 4 }
    expect((await migrate(connection, needs, migrations.slice(0, 1))).version).toBe(1)
    connection.release()
    const name = JSON.stringify(schema)
    await server.admin(
      'postgres',
      `SELECT ${name}.guard(1, 1000)`,
      `INSERT INTO ${name}.state VALUES ('berth', 'a', 0, 1, 1, 1, 1, '{"status":"free"}')`,
      `INSERT INTO ${name}.checkpoint VALUES ('arrivals', 'pilot', 0, 7, 6)`,
      `UPDATE ${name}.partition SET head = 3 WHERE number = 2`
    )
    const store = await openStore(server, schema)
    expect((await store.states('berth', ['a'])).get('a')?.data).toEqual({ status: 'free' })
    expect(await store.checkpoints('arrivals')).toEqual([
      { source: 'pilot', partition: 0, position: 7, done: 6 }
    ])
    expect(await store.heads()).toEqual([0, 0, 3, 0])
    const told = await store.leases?.beat({
      instance: 'a',
      ttlMs: 60_000,
      names: ['arrivals'],
      released: []
    })
    expect(told?.held).toEqual([{ name: 'arrivals', epoch: 1, changes: 0 }])
    const fences = [{ lease: 'arrivals', epoch: 1 }]
    expect((await store.commit(batchOf({ log: [rowOf('b', { partition: 2 })], fences }))).positions).toEqual([
      4
    ])
    const rows = await server.admin('postgres', `SELECT ${name}.guard(${migrations.length}, 1000)`)
    expect(rows).toHaveLength(1)
  })

  test('a migration that fails changes nothing', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const connection = await pool.connect()
    const needs = { service: 'harbour', schema, partitions: undefined }
    const broken = [...migrations, (name: string) => `CREATE TABLE ${name}.later (id int); SELECT 1 / 0`]
    expect((await failureOf(migrate(connection, needs, broken))).message).toContain('division by zero')
    connection.release()
    expect((await store.commit(batchOf({ log: [rowOf('a')] }))).positions).toEqual([1])
    expect(await server.admin('postgres', `SELECT to_regclass('${schema}.later') AS it`)).toEqual([
      { it: null }
    ])
  })

  test('an address where nobody answers, and a role that is not known, are named', async () => {
    const closed = server.pool('postgres', 'nobody')
    expect(await failureOf(postgresStore({ service: 'harbour', pool: closed }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('role "nobody" does not exist')
    })
    const nowhere = server.pool('postgres', 'postgres', { port: 1 })
    expect(await failureOf(postgresStore({ service: 'harbour', pool: nowhere }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED')
    })
  })
})
