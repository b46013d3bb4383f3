import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { batchOf, rowOf, stateOf } from '../../src/conformance/store-stage.ts'
import type { Store } from '../../src/ports/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { type TcpProxy, tcpProxy } from '../servers/tcp-proxy.ts'
import { until } from '../system/child.ts'
import { failureOf, newSchema, openStore } from './stage.ts'
import { watchedPool } from './watched-pool.ts'

/** A store behind a line, with as many connections as its pool may have. */
interface Line {
  readonly proxy: TcpProxy
  readonly pool: Pool
  readonly store: Store
  /** Statements that were sent. */
  readonly asked: string[]
  /** So many statements to come are answered too late. */
  readonly slow: { next: number }
}

describe.runIf(available('postgres', postgresMissing()))('the line to PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function line(
    schema: string,
    connections: number,
    timeoutMs: number,
    lockTimeoutMs?: number
  ): Promise<Line> {
    const proxy = await tcpProxy(server.port)
    onTestFinished(() => proxy.close())
    const pool = server.pool('postgres', 'postgres', {
      port: proxy.port,
      max: connections,
      idleTimeoutMillis: 0
    })
    const asked: string[] = []
    const slow = { next: 0 }
    const watched = watchedPool(pool, (connection, text, values) => {
      asked.push(text)
      if (slow.next === 0) return connection.query(text, values)
      slow.next -= 1
      return connection.query('SELECT pg_sleep(60)')
    })
    const store = await openStore(server, schema, {
      pool: watched,
      timeoutMs,
      ...(lockTimeoutMs !== undefined && { lockTimeoutMs })
    })
    await Promise.all(Array.from({ length: 2 * connections }, () => store.heads()))
    expect([pool.totalCount, pool.idleCount]).toEqual([connections, connections])
    asked.length = 0
    return { proxy, pool, store, asked, slow }
  }

  /** Waits until the line has swallowed something that it had not when this was called. */
  async function swallowed({ counts }: TcpProxy): Promise<void> {
    const before = counts.vanishedBytes
    await until('something vanishes', async () => counts.vanishedBytes > before)
  }

  test('connections that went silent together cost one call its time, and not each of them another', async () => {
    const { proxy, pool, store } = await line(newSchema(), 10, 3_000)
    proxy.silence()
    const failure = await failureOf(store.heads())
    expect([failure.code, failure.message.includes('3000 ms')]).toEqual(['STORE_UNAVAILABLE', true])
    expect(proxy.counts.vanishedBytes).toBeGreaterThan(0)
    // The others stand as they did, and are more than a call is repeated.
    expect(pool.totalCount).toBe(9)
    const since = performance.now()
    expect((await store.commit(batchOf({ log: [rowOf('a')] }))).positions).toEqual([1])
    const heads = await Promise.all(Array.from({ length: 20 }, () => store.heads()))
    expect(performance.now() - since).toBeLessThan(5_000)
    expect(new Set(heads.map(([head]) => head))).toEqual(new Set([1]))
  }, 30_000)

  test('what waits on a line that went silent with another is given up when the server answers elsewhere', async () => {
    const timeoutMs = 8_000
    const { proxy, store } = await line(newSchema(), 5, timeoutMs, 1_000)
    proxy.silence()
    const since = performance.now()
    const first = failureOf(store.heads())
    await until(
      'the first call has waited for long',
      async () => performance.now() - since > timeoutMs - 1_000
    )
    const vanishing = swallowed(proxy)
    const read = store.heads()
    const commit = failureOf(store.commit(batchOf({ log: [rowOf('a')] })))
    await vanishing
    expect((await first).message).toContain(`${timeoutMs} ms`)
    expect(await store.heads()).toEqual([0, 0, 0, 0])
    expect(await read).toEqual([0, 0, 0, 0])
    // Nobody knows whether a commit is written of which nothing is heard: it is not made again.
    const { code, message } = await commit
    expect([code, message.includes('answers on another connection')]).toEqual(['STORE_UNAVAILABLE', true])
    expect(await store.heads()).toEqual([0, 0, 0, 0])
  }, 40_000)

  test('a commit of which the answer is lost is given up and not made again', async () => {
    const { proxy, store } = await line(newSchema(), 3, 1_000)
    proxy.partition(['back'])
    const failure = await failureOf(store.commit(batchOf({ log: [rowOf('a')] })))
    expect(proxy.counts.vanishedBytes).toBeGreaterThan(0)
    proxy.heal()
    expect([failure.code, failure.message.includes('1000 ms')]).toEqual(['STORE_UNAVAILABLE', true])
    expect((await store.heads())[0]).toBe(1)
  })

  test('a connection that answers is kept when a call on another was given up', async () => {
    const { pool, store, asked, slow } = await line(newSchema(), 4, 1_000)
    await store.commit(batchOf({ states: [stateOf('a')] }))
    let closed = 0
    pool.on('remove', () => {
      closed += 1
    })
    slow.next = 1
    expect((await failureOf(store.states('berth', ['a']))).message).toContain('1000 ms')
    const asks = (): number => asked.filter((text) => text === 'SELECT 1').length
    expect(asks()).toBe(0)
    for (let round = 0; round < 3; round++) {
      const reads = Array.from({ length: 4 }, () => store.states('berth', ['a']))
      for (const states of await Promise.all(reads)) expect(states.size).toBe(1)
    }
    // Each of the three that were left, once.
    expect([asks(), closed]).toEqual([3, 1])
  }, 20_000)
})
