import type { Client } from 'pg'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { batchOf, rowOf } from '../../src/conformance/store-stage.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from '../system/child.ts'
import { failureOf, openStore } from './stage.ts'

const name = 'the store'

/** Takes every connection that a role can still have. */
async function takeAll(server: PostgresServer): Promise<readonly Client[]> {
  const taken: Client[] = []
  for (;;) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: server.port,
      user: 'crowded',
      database: 'postgres'
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
    } catch (thrown) {
      expect((thrown as { readonly code?: unknown }).code).toBe('53300')
      return taken
    }
    onTestFinished(() => client.end())
    taken.push(client)
  }
}

/** Ends the connections of the store; gives how many there were. */
async function endConnections(server: PostgresServer): Promise<number> {
  const those = `FROM pg_stat_activity WHERE application_name = '${name}'`
  const ended = await server.admin('postgres', `SELECT pg_terminate_backend(pid) ${those}`)
  await until('they have ended', async () => {
    const [row] = await server.admin('postgres', `SELECT count(*)::int AS count ${those}`)
    return row?.['count'] === 0
  })
  return ended.length
}

describe.runIf(available('postgres', postgresMissing()))('others take all connections of a server', () => {
  test.each([
    ['that a role may have', ['max_connections=40'], 8, /too many connections for role "crowded"/],
    [
      'that a server has',
      ['max_connections=12'],
      -1,
      /remaining connection slots are reserved|too many clients/
    ]
  ] as const)(
    'those %s, while a store has lost its own: it says so, and goes on as soon as there is one',
    async (_, size, limit, reason) => {
      const server = await PostgresServer.start(['shared_buffers=32MB', ...size])
      onTestFinished(() => server.remove())
      await server.admin(
        'postgres',
        `CREATE ROLE crowded LOGIN CONNECTION LIMIT ${limit}`,
        'CREATE SCHEMA harbour AUTHORIZATION crowded'
      )
      const pool = server.pool('postgres', 'crowded', { max: 4, application_name: name })
      const store = await openStore(server, 'harbour', { pool })
      await Promise.all(['a', 'b', 'c'].map((key) => store.commit(batchOf({ log: [rowOf(key)] }))))
      const taken = [...(await takeAll(server))]
      const ended = await endConnections(server)
      expect(ended).toBeGreaterThan(1)
      const later = await takeAll(server)
      expect(later.length).toBeGreaterThanOrEqual(ended)

      const commit = () => store.commit(batchOf({ log: [rowOf('d')] }))
      await until('the pool has heard that its connections have ended', async () =>
        reason.test((await failureOf(commit())).message)
      )
      for (const call of [commit, () => store.heads(), () => store.read(0, 0, 10), commit]) {
        const failure = await failureOf(call())
        expect([failure.code, failure.message]).toEqual([
          'STORE_UNAVAILABLE',
          expect.stringContaining('raise max_connections, or the limit of the role')
        ])
        expect(failure.message).toMatch(reason)
      }

      await taken.pop()?.end()
      const { positions } = await until('it goes on', () => commit().catch(() => undefined))
      expect(positions).toEqual([4])
      // With one connection for all of them, though the pool would have more.
      const rows = await Promise.all(Array.from({ length: 50 }, () => store.read(0, 0, 10)))
      const [own] = await server.admin(
        'postgres',
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = '${name}'`
      )
      expect(own).toEqual({ count: 1 })
      for (const page of rows) expect(page.map(({ position }) => position)).toEqual([1, 2, 3, 4])
      expect(await store.check()).toEqual([])
    }
  )
})
