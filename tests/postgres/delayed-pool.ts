import type { PostgresConnection, PostgresPool, PostgresResult } from '../../src/adapters/postgres/index.ts'
import { watchedPool } from './watched-pool.ts'

/** What happens between numbering and commit. */
export interface Delays {
  readonly pauseMsMax: number
  readonly rollbackOneIn: number
}

/** A rollback that a test asked for, as a conflict would make it. */
class RolledBack extends Error {
  readonly code = 'SK001'
}

async function delayed(
  connection: PostgresConnection,
  text: string,
  values: unknown[] | undefined,
  { pauseMsMax, rollbackOneIn }: Delays,
  rolledBack: { count: number }
): Promise<PostgresResult> {
  await connection.query('BEGIN')
  try {
    const result = await connection.query(text, values)
    await connection.query(`SELECT pg_sleep(${(Math.random() * pauseMsMax) / 1_000})`)
    if (Math.random() * rollbackOneIn >= 1) {
      await connection.query('COMMIT')
      return result
    }
  } catch (thrown) {
    await connection.query('ROLLBACK')
    throw thrown
  }
  await connection.query('ROLLBACK')
  rolledBack.count += 1
  throw new RolledBack('A test rolled it back.')
}

/** Connections on which a commit pauses after its rows have their positions, and is rolled back now and then. */
export function delayedPool(pool: PostgresPool, delays: Delays, rolledBack: { count: number }): PostgresPool {
  return watchedPool(pool, (connection, text, values) =>
    text.startsWith('WITH checked')
      ? delayed(connection, text, values, delays, rolledBack)
      : connection.query(text, values)
  )
}
