import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { postgresCopy } from '../../src/adapters/postgres/index.ts'
import { emptyBatch, type NewLogRow, type Store, type StoreCopy } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

const row: NewLogRow = {
  partition: 0,
  kind: 'event',
  type: 'ShipMoored',
  version: 1,
  unit: 'berth',
  key: 'Aurora',
  sequence: 0,
  previous: 0,
  timeMs: 1,
  correlationId: '',
  causationId: '',
  traceparent: '',
  data: {}
}

const say = (store: Store, partition = 0): ReturnType<Store['commit']> =>
  store.commit({ ...emptyBatch, log: [{ ...row, partition }] })

describe.runIf(available('postgres', postgresMissing()))('a source that is held', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server.remove())

  function copyOf(schema: string, application?: string): StoreCopy {
    const named = application === undefined ? {} : { application }
    const pool = server.pool('postgres', 'postgres', { application_name: 'mover' })
    const copy = postgresCopy({ service: 'harbour', schema, pool, ...named })
    onTestFinished(() => copy.close())
    return copy
  }

  /** Waits until so many connections wait for a lock. */
  const waiting = (count: number): Promise<unknown> =>
    until(`${count} connections wait for a lock`, async () => {
      const rows = await server.admin(
        'postgres',
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      )
      return Number(rows[0]?.['count']) >= count
    })

  test('lets a commit wait, which goes on when nothing was moved', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    await say(store)
    const copy = copyOf(schema)
    await copy.hold()
    const late = say(store)
    await waiting(1)
    expect(await copy.heads()).toEqual([1, 0, 0, 0])
    await copy.close()
    expect((await late).positions).toEqual([2])
  })

  test('lets a commit wait, which is refused when the data have left', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    await say(store)
    const copy = copyOf(schema)
    await copy.hold()
    const late = failureOf(say(store))
    const generation = failureOf(store.addGeneration('board', 1, 1, [], 'live'))
    await waiting(2)
    await copy.leave('move-1', 'elsewhere')
    expect((await late).code).toBe('STORE_NEWER')
    expect((await generation).code).toBe('STORE_NEWER')
    expect(await copy.heads()).toEqual([1, 0, 0, 0])
    const opened = await failureOf(openStore(server, schema))
    expect(opened).toMatchObject({ code: 'STORE_MOVED', message: expect.stringContaining('elsewhere') })
  })

  test('is free again when the connection of the move breaks', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema)
    const copy = copyOf(schema)
    await copy.hold()
    const late = say(store)
    await waiting(1)
    const ended = await server.admin(
      'postgres',
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mover'"
    )
    expect(ended).toHaveLength(1)
    expect((await late).positions).toEqual([1])
    expect((await failureOf(copy.leave('move-1', 'elsewhere'))).code).toBe('STORE_UNAVAILABLE')
    expect((await copyOf(schema).mark()).kind).toBe('store')
  })

  test('is not held while the service has connections of its name, and at once when it has closed them', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, {
      pool: server.pool('postgres', 'postgres', { application_name: 'skerry harbour' })
    })
    await say(store)
    const copy = copyOf(schema, 'skerry harbour')
    expect(await failureOf(copy.hold())).toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining('Stop every instance of harbour')
    })
    await store.close()
    // The server sees its connections for a moment longer.
    await copy.hold()
  })

  test('takes no row any more under eight writers, and lost none that was acknowledged', async () => {
    const schema = newSchema()
    const stores = await Promise.all([openStore(server, schema), openStore(server, schema)])
    let acknowledged = 0
    let refused = 0
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (;;)
        try {
          await say(stores[writer % 2] as Store, writer % 4)
          acknowledged += 1
        } catch {
          refused += 1
          return
        }
    })
    await until('they write', async () => acknowledged > 100)
    const copy = copyOf(schema)
    await copy.hold()
    const held = await copy.heads()
    await copy.leave('move-1', 'elsewhere')
    await Promise.all(writers)
    expect(refused).toBe(8)
    expect(await copy.heads()).toEqual(held)
    expect(held.reduce((sum, head) => sum + head, 0)).toBe(acknowledged)
  })
})
