import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import type { Batch, Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

const instances = 6
const each = 25

/** Commits what `batch` makes of what is there now, until it is taken; gives how often somebody else was first. */
async function insist(code: string, batch: () => Promise<Batch>, store: Store): Promise<number> {
  for (let conflicts = 0; ; conflicts++) {
    const failed = await store.commit(await batch()).then(
      () => undefined,
      (thrown: { readonly code: string }) => thrown.code
    )
    if (failed === undefined) return conflicts
    expect(failed).toBe(code)
  }
}

describe.runIf(available('postgres', postgresMissing()))('several instances of one service', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function openAll(): Promise<readonly Store[]> {
    const schema = newSchema()
    return Promise.all(Array.from({ length: instances }, () => openStore(server, schema)))
  }

  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

  test('I4: all count on one state: no count is lost, and the log tells each once, in order', async () => {
    const stores = await openAll()
    const counting = stores.map(async (store) => {
      let conflicts = 0
      for (let count = 0; count < each; count++)
        conflicts += await insist(
          'VERSION_CONFLICT',
          async () => {
            const state = (await store.states('berth', ['a'])).get('a')
            const version = state?.version ?? 0
            const next = { expected: version, version: version + 1, sequence: version + 1 }
            return batchOf({
              log: [rowOf('a', { sequence: version + 1, previous: state?.lastPosition ?? 0 })],
              states: [stateOf('a', { ...next, lastPosition: { row: 0 }, data: version + 1 })]
            })
          },
          store
        )
      return conflicts
    })
    const conflicts = sum(await Promise.all(counting))
    expect(conflicts).toBeGreaterThan(0)
    const [store] = stores as [Store]
    const rows = await store.read(0, 0, 1_000)
    expect(rows.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: instances * each }, (_, index) => index + 1)
    )
    expect((await store.states('berth', ['a'])).get('a')?.data).toBe(instances * each)
  })

  test('I8: all move one checkpoint: each step is made once', async () => {
    const stores = await openAll()
    const moving = stores.map(async (store) => {
      let conflicts = 0
      for (let step = 0; step < each; step++)
        conflicts += await insist(
          'CHECKPOINT_CONFLICT',
          async () => {
            const [checkpoint] = await store.checkpoints('arrivals')
            const from = checkpoint?.position ?? 0
            const move = {
              subscription: 'arrivals',
              source: 'pilot',
              partition: 0,
              from,
              to: from + 1,
              done: 1
            }
            return batchOf({ checkpoints: [move], log: [rowOf('a', { data: from + 1 })] })
          },
          store
        )
      return conflicts
    })
    expect(sum(await Promise.all(moving))).toBeGreaterThan(0)
    const [store] = stores as [Store]
    const [checkpoint] = await store.checkpoints('arrivals')
    expect([checkpoint?.position, checkpoint?.done]).toEqual([instances * each, instances * each])
    expect((await store.read(0, 0, 1_000)).map(({ data }) => data)).toEqual(
      Array.from({ length: instances * each }, (_, index) => index + 1)
    )
  })

  test('a generation that another instance swapped, dropped or made anew is seen at once', async () => {
    const [one, other] = (await openAll()) as [Store, Store]
    const write = (generation: number, at: number): Batch =>
      batchOf({ projections: [{ projection: 'board', generation, key: 'a', data: { at } }] })
    await one.addGeneration('board', 1, 1, ['at'], 'live')
    await other.commit(write(1, 1))
    await one.addGeneration('board', 2, 1, ['at'], 'building')
    await other.commit(write(2, 2))
    await one.swapGeneration('board', 2)
    expect((await failureOf(other.rows('board', 1, ['a']))).code).toBe('UNIT_UNKNOWN')
    expect((await failureOf(other.commit(write(1, 3)))).code).toBe('UNIT_UNKNOWN')
    await one.addGeneration('board', 1, 1, [], 'building')
    await other.commit(write(1, 4))
    expect([...(await one.rows('board', 1, ['a'])).values()]).toEqual([{ at: 4 }])
    await one.dropGeneration('board', 1)
    await one.addGeneration('board', 1, 1, ['at'], 'building')
    // What it knows of generation 1 is gone, and there is another of that number.
    await other.commit(write(1, 5))
    const query = { filters: [], orderBy: 'at', descending: false, limit: 10 }
    expect(await other.query('board', 1, query)).toEqual({ rows: [{ key: 'a', data: { at: 5 } }] })
    expect(await other.check()).toEqual([])
  })

  test('a text longer than an index takes is found, and told from another with the same beginning', async () => {
    const [store] = (await openAll()) as [Store]
    await store.addGeneration('board', 1, 1, ['at'], 'live')
    const random = Array.from({ length: 6_000 }, (_, index) =>
      String.fromCharCode(33 + ((index * 7_919) % 8_000))
    )
    const long = random.join('')
    const texts = [long, `${long}!`, long.slice(0, 990), 'short']
    await store.commit(
      batchOf({
        projections: texts.map((at, index) => ({
          projection: 'board',
          generation: 1,
          key: `${index}`,
          data: { at }
        }))
      })
    )
    for (const [index, value] of texts.entries()) {
      const filters = [{ field: 'at', comparison: 'eq', value }] as const
      const { rows } = await store.query('board', 1, { filters, orderBy: 'at', descending: false, limit: 9 })
      expect(rows.map(({ key }) => key)).toEqual([`${index}`])
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.query('board', 1, {
        filters: [],
        orderBy: 'at',
        descending: false,
        limit: 1,
        ...(cursor === undefined ? {} : { cursor })
      })
      seen.push(...page.rows.map(({ key }) => key))
      cursor = page.next
    } while (cursor !== undefined)
    expect([...seen].sort()).toEqual(['0', '1', '2', '3'])
    expect(seen[0]).toBe('2')
  })
})
