import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { postgresCopy } from '../../src/adapters/postgres/index.ts'
import { migrate, migrations } from '../../src/adapters/postgres/migrate.ts'
import { noNeeds, retentionOf, rowsOf } from '../../src/conformance/retention-stage.ts'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import { partitionOf } from '../../src/core/index.ts'
import type { Store, StoreCopy } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { archiveOldest, copyOf } from './archiving.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

const rangeSpan = 50
const partitions = 4

/** So many rows in each partition. */
async function say(store: Store, count: number): Promise<void> {
  for (let said = 0; said < count; said += 25) {
    const many = Math.min(25, count - said)
    const log = Array.from({ length: many * partitions }, (_, index) =>
      rowOf(`k${index}`, { partition: index % partitions, data: { said, index } })
    )
    await store.commit(batchOf({ log }))
  }
}

/** Lets everybody who is known be at the heads. */
async function allAtHeads(store: Store, ...names: readonly string[]): Promise<void> {
  for (const name of ['harbour', ...names]) await store.acknowledge?.(name, await store.heads())
}

describe.runIf(available('postgres', postgresMissing()))('retention on PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  const open = (schema: string): Promise<Store> => openStore(server, schema, { rangeSpan, partitions })

  test('what holds a range is told in sentences that say who, where, how far, and what to do', async () => {
    const store = await open(newSchema())
    const retention = retentionOf(store)
    await say(store, 60)
    const { copy } = await copyOf(store)
    const needs = { readers: ['quay'], machines: new Map([['ship', 2]]) }
    const move = { subscription: 'berth', source: 'harbour', partition: 0, from: 0, to: 50, done: 50 }
    await store.acknowledge?.('pier', [60, 60, 60, 49])
    await store.addGeneration('board', 1, 1, [], 'live')
    await store.addGeneration('board', 2, 1, [], 'building')
    const states = [stateOf('k1', { unit: 'ship', revision: 1, lastPosition: 1 })]
    await store.commit(batchOf({ checkpoints: [move], states }))
    const due = [
      'harbour/berth has committed 0 of partition 1, not 50.',
      'pier has committed 49 of partition 3, not 50.',
      'harbour has not said yet how far it is: run it once.',
      'quay has not said yet how far it is: run it once.',
      'board is being rebuilt, and may read all of the log.',
      '1 states of ship were folded by another revision than 2, and may need the log: skerry rebuild harbour/ship.'
    ]
    expect((await retention.held(2, needs)).map(({ reasons }) => reasons)).toEqual([
      due,
      ['Partition 0 is at 60, so the range up to 100 is not full yet.']
    ])
    const { message } = await failureOf(retention.archive(copy, needs, 'test'))
    expect(message).toContain(due.join(' '))
  })

  test('I26: a subscriber that is being registered is waited for, and then counts', async () => {
    const schema = newSchema()
    const store = await open(schema)
    await say(store, 60)
    await allAtHeads(store)
    const { copy } = await copyOf(store)
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const other = await pool.connect()
    await other.query('BEGIN')
    await other.query(`SELECT ${schema}.acknowledge('pier', '{0,0,0,0}', 1)`)
    const archiving = failureOf(retentionOf(store).archive(copy, noNeeds, 'test'))
    await expect
      .poll(async () => {
        const waiting = `SELECT count(*)::int AS waiting FROM pg_locks
          WHERE NOT granted AND relation = '${schema}.subscriber'::regclass`
        return (await server.admin('postgres', waiting))[0]?.['waiting']
      })
      .toBe(1)
    await other.query('COMMIT')
    other.release()
    expect((await archiving).message).toContain('pier has committed 0 of partition 0')
    expect(await rowsOf(store, { first: 1, last: 60 })).toHaveLength(240)
  })

  test('I26: a transaction that is older than the archiving keeps what it reads, and what it will say', async () => {
    const schema = newSchema()
    const store = await open(schema)
    await say(store, 60)
    await allAtHeads(store)
    const { copy } = await copyOf(store)
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const older = await pool.connect()
    await older.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    const count = `SELECT count(*)::int AS rows FROM ${schema}.log`
    expect((await older.query(count)).rows).toEqual([{ rows: 240 }])
    const retention = retentionOf(store)
    expect(await failureOf(retention.archive(copy, noNeeds, 'test'))).toMatchObject({
      code: 'STORE_UNAVAILABLE'
    })
    expect((await older.query(count)).rows).toEqual([{ rows: 240 }])
    // Commits went on meanwhile and afterwards.
    await say(store, 10)
    await older.query('COMMIT')
    older.release()
    await retention.archive(copy, noNeeds, 'test')
    expect(await store.read(0, 50, 100)).toHaveLength(20)
  })

  test('a schema of version 2 with rows becomes one in ranges, and says the same', async () => {
    const schema = newSchema()
    const pool = server.pool('postgres')
    onTestFinished(() => pool.end())
    const needs = { service: 'harbour', schema, partitions }
    const connection = await pool.connect()
    await migrate(connection, needs, migrations.slice(0, 2))
    // Version 2 knew no span.
    await connection.query(`UPDATE ${schema}.setting SET value = '70' WHERE name = 'span'`)
    await connection.query(
      `INSERT INTO ${schema}.log SELECT p, n, 0, 'event', 'ShipMoored', 1, 'berth', 'k' || p || '-' || n, 1, 1, '', '', '', NULL, NULL, '{}'
       FROM generate_series(0, 3) AS p, generate_series(1, 150) AS n`
    )
    await connection.query(`UPDATE ${schema}.partition SET head = 150`)
    const before = (await connection.query(`SELECT * FROM ${schema}.log ORDER BY 1, 2`)).rows
    expect(before).toHaveLength(600)
    connection.release()

    // Who only copies it does not bring it forward under the instances that run.
    const copy = postgresCopy({ service: 'harbour', schema, pool: server.pool('postgres') })
    onTestFinished(() => copy.close())
    for (const look of [copy.heads(), copy.check()]) {
      const { code, message } = await failureOf(look)
      expect([code, message]).toEqual(['STORE_UNAVAILABLE', expect.stringContaining('has version 2')])
    }

    const store = await openStore(server, schema, { partitions })
    expect(await server.admin('postgres', `SELECT * FROM ${schema}.log ORDER BY 1, 2`)).toEqual(before)
    const retention = retentionOf(store)
    expect((await retention.ranges()).map(({ first, last }) => [first, last])).toEqual([
      [1, 210],
      [211, 280],
      [281, 350]
    ])
    expect(await store.check()).toEqual([])
    await say(store, 100)
    await allAtHeads(store)
    expect(await archiveOldest(store)).toHaveLength(840)
    expect(await store.check()).toEqual([])
    expect(await store.read(1, 210, 100)).toHaveLength(40)
  })

  test('a log of which a part is archived is not copied, and a copy may take the place of what is left of it', async () => {
    const schema = newSchema()
    const store = await open(schema)
    await say(store, 70)
    await allAtHeads(store)
    const { kept } = await copyOf(store)
    await archiveOldest(store)
    await store.close()
    const copying = (): StoreCopy => {
      const copy = postgresCopy({ service: 'harbour', schema, pool: server.pool('postgres') })
      onTestFinished(() => copy.close())
      return copy
    }
    const source = copying()
    expect(await failureOf(source.read(0, 0, 10))).toMatchObject({ code: 'LOG_ARCHIVED' })
    expect(await source.check()).toEqual([])
    await source.hold()
    await source.leave('away', 'there')
    const target = copying()
    await target.begin('back', 'there', partitions)
    expect(await target.heads()).toEqual([0, 0, 0, 0])
    await target.appendLog(kept)
    await target.finish()
    expect(await target.check()).toEqual([])
    const again = await open(schema)
    expect(await rowsOf(again, { first: 1, last: 50 })).toEqual(kept)
    expect(await retentionOf(again).subscribers()).toEqual([])
    expect(await retentionOf(again).archived()).toEqual([])
  })

  test('a page and a history touch only the ranges that they need', async () => {
    const schema = newSchema()
    const store = await open(schema)
    const partition = partitionOf('Aurora', partitions)
    const moored = rowOf('Aurora', { partition })
    const [first = 0] = (await store.commit(batchOf({ log: [moored] }))).positions
    await say(store, 260)
    const log = [{ ...moored, sequence: 2, previous: first }]
    const state = stateOf('Aurora', { sequence: 2, lastPosition: { row: 0 } })
    await store.commit(batchOf({ log, states: [state] }))

    const scans = async (): Promise<ReadonlyMap<string, number>> => {
      const rows = await server.admin(
        'postgres',
        `SELECT relname AS name, (seq_scan + idx_scan)::int AS scans FROM pg_stat_user_tables
         WHERE schemaname = '${schema}' AND relname ~ '^log_[0-9]+$'`
      )
      return new Map(rows.map(({ name, scans: count }) => [String(name), Number(count)]))
    }
    /** The ranges in which something is looked for. */
    const touched = async (read: (reading: Store) => Promise<unknown>): Promise<readonly string[]> => {
      const before = await scans()
      const pool = server.pool('postgres', 'postgres', { max: 1 })
      const reading = await openStore(server, schema, { partitions, pool })
      await read(reading)
      // What a connection has counted is told when it ends.
      await reading.close()
      return until('the server has counted', async () => {
        const after = [...(await scans())]
        const names = after.flatMap(([name, count]) => (count > (before.get(name) ?? 0) ? [name] : []))
        return names.length > 0 && names.sort()
      })
    }
    await store.close()
    expect(await touched(async (reading) => expect(await reading.read(1, 120, 20)).toHaveLength(20))).toEqual(
      ['log_101']
    )
    expect(
      await touched(async (reading) => expect(await reading.history('berth', 'Aurora')).toHaveLength(2))
    ).toEqual(['log_1', 'log_251'])
  })

  test('with ranges of few positions and several writers nothing is skipped, and commits make room themselves', async () => {
    const schema = newSchema()
    const stores = await Promise.all(
      [1, 2, 3].map(() => openStore(server, schema, { rangeSpan: 5, partitions }))
    )
    const [store] = stores as [Store, ...Store[]]
    const rounds = 12
    const said = stores.map(async (one, writer) => {
      for (let round = 0; round < rounds; round++) {
        // More than fits in the range under way, and in one partition alone.
        const log = Array.from({ length: 13 }, (_, index) =>
          rowOf(`w${writer}`, { partition: (writer + round) % partitions, data: [writer, round, index] })
        )
        await one.commit(batchOf({ log }))
      }
    })
    const read: unknown[] = []
    const reading = (async () => {
      const after = [0, 0, 0, 0]
      while (read.length < 3 * rounds * 13)
        for (const partition of after.keys()) {
          const page = await store.read(partition, after[partition] ?? 0, 40)
          after[partition] = page.at(-1)?.position ?? after[partition] ?? 0
          read.push(...page.map(({ data }) => JSON.stringify(data)))
        }
    })()
    await Promise.all([...said, reading])
    expect(new Set(read).size).toBe(3 * rounds * 13)
    const ranges = await retentionOf(store).ranges()
    const heads = await store.heads()
    expect(ranges.at(-1)?.last).toBeGreaterThan(Math.max(...heads))
    expect(ranges.length).toBeGreaterThan(Math.max(...heads) / 5)
    expect(await store.check()).toEqual([])
  })
})
