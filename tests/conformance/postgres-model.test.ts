import { afterAll, beforeAll, describe, test } from 'vitest'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { type CourseData, runCourses } from './store-course.ts'

describe.runIf(available('postgres', postgresMissing()))('the model beside PostgreSQL', () => {
  let server: PostgresServer
  let schemas = 0

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  function newData(): CourseData {
    schemas += 1
    const schema = `harbour_${schemas}`
    return {
      open: () => postgresStore({ service: 'harbour', partitions: 2, schema, pool: server.pool('postgres') }),
      crash: async (store) => {
        await server.admin(
          'postgres',
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
        )
        await store.close()
      }
    }
  }

  test('the store on PostgreSQL does what a plain model does, whatever is done to both and crashed in between', async () => {
    await runCourses(Number(process.env['SKERRY_RUNS'] ?? 30), newData)
  }, 300_000)
})
