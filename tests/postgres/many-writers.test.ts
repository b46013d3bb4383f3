import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { manyWriters } from './many-writers.ts'

describe.runIf(available('postgres', postgresMissing()))('many writers of one log', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  // One row is written by other statements than many are.
  test.each([
    { rowsPerCommitMax: 100, events: 100_000 },
    { rowsPerCommitMax: 2, events: 10_000 }
  ])(
    'I4 I5: 64 writers of up to $rowsPerCommitMax rows with pauses, rollbacks and one idle transaction: no reader skips a row or sees one late',
    async ({ rowsPerCommitMax, events }) => {
      const report = await manyWriters({
        server,
        schema: `counters_${rowsPerCommitMax}`,
        writers: 64,
        events,
        rowsPerCommitMax,
        pauseMsMax: 4,
        rollbackOneIn: 20,
        idleMs: 2_000
      })
      expect(report).toMatchObject({
        committed: events,
        read: events,
        skipped: 0,
        outOfOrder: 0,
        problems: []
      })
      expect(report.rolledBack).toBeGreaterThan(20)
      expect(report.idleMs).toBeGreaterThan(1_900)
      expect(report.readsWhileWriting).toBeGreaterThan(100)
    },
    240_000
  )

  test('the test would see it if positions came from sequences', async () => {
    const schema = 'sequences'
    const withSequences = async (): Promise<void> => {
      const [found] = await server.admin(
        'postgres',
        `SELECT pg_get_functiondef('${schema}.write_log'::regproc) AS it`
      )
      const locked = String(found?.['it'])
      const broken = locked
        .replace(
          'SELECT _heads[array_position(_numbers, n.partition)] + n.nth',
          `SELECT nextval('${schema}.p' || n.partition)`
        )
        .replace('cardinality(_partitions) = 1', 'false')
        .replace('FOR NO KEY UPDATE', '')
        .replace('SET head = n.head', 'SET head = greatest(p.head, n.head)')
        .replace('WHERE p.number = n.partition', 'WHERE p.number = n.partition AND false')
      expect(broken.length).toBeLessThan(locked.length + 60)
      expect(broken).toContain('nextval')
      const sequences = Array.from(
        { length: 16 },
        (_, partition) => `CREATE SEQUENCE ${schema}.p${partition}`
      )
      await server.admin('postgres', ...sequences, broken)
    }
    const report = await manyWriters({
      server,
      schema,
      writers: 16,
      events: 10_000,
      rowsPerCommitMax: 20,
      pauseMsMax: 4,
      rollbackOneIn: 1_000_000,
      idleMs: 1,
      before: withSequences
    })
    expect(report.committed).toBe(10_000)
    expect(report.skipped).toBeGreaterThan(0)
    expect(report.read).toBeLessThan(10_000)
  }, 120_000)
})
