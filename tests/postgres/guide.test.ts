import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../examples/guide/postgres/news.ts'
import { type Place, storeAtAnyOf, storeOf } from '../../examples/guide/postgres/stores.ts'
import { root } from '../../scripts/source-files.ts'
import { batchOf, rowOf } from '../../src/conformance/store-stage.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf } from './stage.ts'

describe.runIf(available('postgres', postgresMissing()))('the guide to PostgreSQL', () => {
  let server: PostgresServer
  let place: Place

  beforeAll(async () => {
    server = await PostgresServer.start()
    await server.admin('postgres', 'CREATE DATABASE hire')
    await server.admin('hire', readFileSync(join(root, 'examples/guide/postgres/roles.sql'), 'utf8'))
    place = { host: '127.0.0.1', port: server.port, password: () => 'everybody is trusted here' }
  }, 60_000)
  afterAll(() => server.remove())

  test('with the roles of the guide each service has its store, and none reads that of another', async () => {
    for (const service of ['fleet', 'rides']) {
      const store = await storeOf(service, place)
      expect((await store.commit(batchOf({ log: [rowOf('b-1')] }))).positions).toEqual([1])
      await store.close()
    }
    const rides = server.pool('hire', 'rides')
    onTestFinished(() => rides.end())
    expect((await failureOf(rides.query('SELECT * FROM fleet.log'))).message).toContain('permission denied')
  })

  test('a role without synchronous commits is refused as the guide shows', async () => {
    await server.admin('postgres', 'ALTER ROLE fleet SET synchronous_commit = off')
    const { message } = await failureOf(storeOf('fleet', place))
    await server.admin('postgres', 'ALTER ROLE fleet RESET synchronous_commit')
    expect(`${message}\n`).toBe(readFileSync(join(root, 'examples/guide/postgres/refused.txt'), 'utf8'))
  })

  test('of several addresses the one that answers is used', async () => {
    const store = await storeAtAnyOf('fleet', [{ ...place, port: 1 }, place])
    onTestFinished(() => store.close())
    expect((await store.heads()).length).toBe(16)
  })

  test('who listens looks when it begins, for what was said before', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: server.port, database: 'hire', user: 'fleet' })
    let looks = 0
    const news = listen(pool, 'fleet', () => {
      looks += 1
    })
    onTestFinished(async () => {
      await news.close()
      await pool.end()
    })
    await news.listening
    await until('it looked', async () => looks > 0)
  })
})
