import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import type { Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { failureOf, newSchema, openStore } from './stage.ts'

/** What is done to a database behind the back of its store, and what a check must then say. */
const damages: readonly (readonly [what: string, sql: string, finding: RegExp])[] = [
  ['a row of the log is missing', 'DELETE FROM log WHERE partition = 0 AND position = 2', /0:3 follows 1/],
  [
    'the last row is missing',
    'DELETE FROM log WHERE partition = 0 AND position = 4',
    /ends at 3, its head says 4/
  ],
  ['a head went back', 'UPDATE partition SET head = 3 WHERE number = 0', /ends at 4, its head says 3/],
  [
    'a row points ahead',
    'UPDATE log SET previous = 9 WHERE position = 2',
    /points to 9, which is not before it/
  ],
  ['a state is ahead of the log', 'UPDATE state SET last_position = 9', /is at 1:9, the log has no such row/],
  ['a state is at a row of another key', "UPDATE state SET key = 'other'", /which is row 1 of berth Aurora/],
  ['an answer is ahead of the log', 'UPDATE answer SET position = 9', /request-1 is at 0:9/],
  [
    'a checkpoint is ahead of the log',
    'UPDATE checkpoint SET position = 5',
    /board is at 0:5, the log ends at 4/
  ],
  ['two generations serve', "UPDATE generation SET status = 'building'", /of board 0 serve/],
  ['the rows of a projection are gone', 'DROP TABLE rows_1 CASCADE', /1 of board has no table/]
]

describe.runIf(available('postgres', postgresMissing()))('damage to a database', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function storeWithData(): Promise<{ readonly store: Store; readonly schema: string }> {
    const schema = newSchema()
    const store = await openStore(server, schema)
    await store.addGeneration('board', 1, 1, ['at'], 'live')
    await store.commit(
      batchOf({
        log: [1, 2, 3, 4]
          .map((sequence) => rowOf('a', { sequence }))
          .concat(rowOf('Aurora', { partition: 1 })),
        states: [stateOf('Aurora', { sequence: 1, lastPosition: { row: 4 } })],
        projections: [{ projection: 'board', generation: 1, key: 'a', data: { at: 1 } }],
        checkpoints: [{ subscription: 'board', source: 'harbour', partition: 0, from: 0, to: 4, done: 4 }],
        answers: [{ idempotencyKey: 'request-1', fingerprint: '', outcome: { row: 0 }, timeMs: 0 }]
      })
    )
    expect(await store.check()).toEqual([])
    return { store, schema }
  }

  test.each(damages)('a check finds that %s', async (_, sql, finding) => {
    const { store, schema } = await storeWithData()
    await server.admin('postgres', `SET search_path = ${schema}`, sql)
    const problems = await store.check()
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join('\n')).toMatch(finding)
  })

  test('a reader that comes to a hole is told, and the store serves nothing any more', async () => {
    const { store, schema } = await storeWithData()
    await server.admin('postgres', `DELETE FROM ${schema}.log WHERE partition = 0 AND position = 2`)
    expect((await failureOf(store.read(0, 0, 10))).code).toBe('STORE_CORRUPT')
    expect((await failureOf(store.read(1, 0, 10))).code).toBe('STORE_CORRUPT')
    const again = await openStore(server, schema)
    expect((await failureOf(again.read(0, 1, 1))).code).toBe('STORE_CORRUPT')
  })

  test('a history with a missing row is not given shorter than it is', async () => {
    const { store, schema } = await storeWithData()
    await server.admin('postgres', `DELETE FROM ${schema}.log WHERE partition = 1`)
    expect((await failureOf(store.history('berth', 'Aurora'))).code).toBe('STORE_CORRUPT')
  })
})
