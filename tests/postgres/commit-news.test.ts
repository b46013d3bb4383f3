import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { commitNews } from '../../src/adapters/postgres/index.ts'
import { batchOf, rowOf } from '../../src/conformance/store-stage.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { tcpProxy } from '../servers/tcp-proxy.ts'
import { until } from '../system/child.ts'
import { newSchema, openStore } from './stage.ts'

describe.runIf(available('postgres', postgresMissing()))('news of commits by other instances', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function hearing(schema: string, port: number = server.port) {
    const pool = server.pool('postgres', 'postgres', { port })
    const heard = { count: 0 }
    const onNews = (): void => {
      heard.count += 1
    }
    const news = commitNews({ pool, schema, onNews, retryMs: 20, lookMs: 200 })
    onTestFinished(async () => {
      await news.close()
      await pool.end()
    })
    await news.listening
    return Object.assign(heard, { pool })
  }

  test('a commit with rows is heard by another instance, but not in another schema', async () => {
    const [schema, other] = [newSchema(), newSchema()]
    const store = await openStore(server, schema, { announce: true })
    const [heard, elsewhere] = [await hearing(schema), await hearing(other)]
    const before = elsewhere.count
    for (let commit = 0; commit < 5; commit++) {
      const { count } = heard
      await store.commit(batchOf({ log: [rowOf('a')] }))
      await until('it is heard', async () => heard.count > count)
    }
    expect(elsewhere.count).toBe(before)
  })

  test('when notices may have been lost with a connection, that is news too', async () => {
    const schema = newSchema()
    const store = await openStore(server, schema, { announce: true })
    const heard = await hearing(schema)
    const { count } = heard
    await server.restart('immediate')
    await until('it listens again', async () => heard.count > count)
    const again = heard.count
    await until('a commit succeeds', () =>
      store.commit(batchOf({ log: [rowOf('a')] })).catch(() => undefined)
    )
    await until('it is heard', async () => heard.count > again)
  })

  test('a line that went silent is noticed, and then commits are heard again', async () => {
    const schema = newSchema()
    const proxy = await tcpProxy(server.port)
    onTestFinished(() => proxy.close())
    const store = await openStore(server, schema, { announce: true })
    const heard = await hearing(schema, proxy.port)
    const { count } = heard
    proxy.silence()
    await store.commit(batchOf({ log: [rowOf('a')] }))
    await until('it listens again', async () => heard.count > count)
    expect(proxy.counts.vanishedBytes).toBeGreaterThan(0)
    const again = heard.count
    await store.commit(batchOf({ log: [rowOf('a')] }))
    await until('it is heard', async () => heard.count > again)
  })

  test('a connection that is silent from its beginning on is given up, and then commits are heard again', async () => {
    const schema = newSchema()
    const proxy = await tcpProxy(server.port)
    const store = await openStore(server, schema, { announce: true })
    const heard = await hearing(schema, proxy.port)
    // Before the pool is ended, which waits for the connection that is still being made.
    onTestFinished(() => proxy.close())
    let given = 0
    heard.pool.on('remove', () => {
      given += 1
    })
    proxy.partition(['back'])
    await until('another connection is begun', async () => given === 1 && heard.pool.totalCount === 1)
    const { vanishedBytes } = proxy.counts
    await until('its greeting has vanished', async () => proxy.counts.vanishedBytes > vanishedBytes)
    proxy.silence()
    proxy.heal()
    const { count } = heard
    await until('it listens again', async () => heard.count > count)
    const again = heard.count
    await store.commit(batchOf({ log: [rowOf('a')] }))
    await until('it is heard', async () => heard.count > again)
  })
})
