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

  test('I4 I5: 64 writers with pauses, rollbacks and one idle transaction: no reader skips a row or sees one late', async () => {
    const events = 100_000
    const report = await manyWriters({
      server,
      schema: 'counters',
      writers: 64,
      events,
      rowsPerCommitMax: 100,
      pauseMsMax: 4,
      rollbackOneIn: 20,
      idleMs: 2_000
    })
    expect(report).toMatchObject({ committed: events, read: events, skipped: 0, outOfOrder: 0, problems: [] })
    expect(report.rolledBack).toBeGreaterThan(20)
    expect(report.idleMs).toBeGreaterThan(1_900)
    expect(report.readsWhileWriting).toBeGreaterThan(100)
  }, 240_000)
})
