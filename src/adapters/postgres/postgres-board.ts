import { Failure } from '../../core/index.ts'
import { type InstanceBoard, noticeMs } from '../../ports/index.ts'
import type { PostgresPool } from './connection.ts'
import { isUndefined, isWithoutColumn, storeFailure } from './postgres-failure.ts'
import { quoted } from './statement.ts'

/** A database that all services reach, each with its role. */
export interface PostgresBoardOptions {
  /** It is ended when the board is closed. */
  readonly pool: PostgresPool
  /** The schema with the table of instances, as `postgresBoardScript` makes it. Default `discovery`. */
  readonly schema?: string
}

/** The schema of the table, if nothing else is said. */
export const boardSchemaDefault = 'discovery'

/** What an administrator runs once: the table, which the given roles may read and write. */
export function postgresBoardScript(roles: readonly string[], schema: string = boardSchemaDefault): string {
  const [place, to] = [quoted(schema), roles.map(quoted).join(', ')]
  return [
    ...(schema === 'public' ? [] : [`CREATE SCHEMA ${place};`]),
    `CREATE UNLOGGED TABLE ${place}.instance (service text, url text, ready boolean NOT NULL DEFAULT true, seen timestamptz NOT NULL, PRIMARY KEY (service, url));`,
    `GRANT USAGE ON SCHEMA ${place} TO ${to};`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${place}.instance TO ${to};`
  ].join('\n')
}

/**
 * A board of instances in a table of PostgreSQL; times are those of the server. Calls fail with `STORE_UNAVAILABLE`, and
 * with `CONFIG_INVALID` when the table is not there, or is that of an older version.
 */
export function postgresBoard({ pool, schema = boardSchemaDefault }: PostgresBoardOptions): InstanceBoard {
  const table = `${quoted(schema)}.instance`
  const place = `PostgreSQL, schema ${schema}`
  // What breaks is seen by the call that needs it; without a listener the process would end.
  pool.on('error', () => undefined)
  const ask = async (text: string, values: unknown[]): Promise<readonly Record<string, unknown>[]> => {
    try {
      const connection = await pool.connect()
      let broken = true
      try {
        const { rows } = await connection.query(text, values)
        broken = false
        return rows
      } finally {
        connection.release(broken)
      }
    } catch (thrown) {
      if (isWithoutColumn(thrown)) {
        const mend = `ALTER TABLE ${table} ADD COLUMN ready boolean NOT NULL DEFAULT true;`
        const hint = `${place}: the table of instances is that of an older version. An administrator runs: ${mend}`
        throw new Failure('CONFIG_INVALID', { hint }, thrown)
      }
      if (!isUndefined(thrown)) throw storeFailure(thrown, place)
      const hint = `${place}: there is no table of instances. An administrator makes it: ${postgresBoardScript(['...'], schema).replaceAll('\n', ' ')}`
      throw new Failure('CONFIG_INVALID', { hint }, thrown)
    }
  }
  return {
    name: 'PostgreSQL',
    async post(notices) {
      await ask(
        `INSERT INTO ${table} (service, url, ready, seen) SELECT service, url, ready, clock_timestamp()
         FROM unnest($1::text[], $2::text[], $3::boolean[]) AS given (service, url, ready)
         ON CONFLICT (service, url) DO UPDATE SET ready = excluded.ready, seen = excluded.seen`,
        [
          notices.map(({ service }) => service),
          notices.map(({ url }) => url),
          notices.map(({ isReady }) => isReady)
        ]
      )
    },
    async remove(instances) {
      await ask(
        `DELETE FROM ${table} WHERE (service, url) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
        [instances.map(({ service }) => service), instances.map(({ url }) => url)]
      )
    },
    async read() {
      const rows = await ask(
        `WITH gone AS (DELETE FROM ${table} WHERE seen < clock_timestamp() - $2 * interval '1 millisecond')
         SELECT service, url, ready FROM ${table} WHERE seen > clock_timestamp() - $1 * interval '1 millisecond'`,
        // Rows are kept for longer than they count, so that two who clear up rarely meet.
        [noticeMs, 60 * noticeMs]
      )
      return rows.map(({ service, url, ready }) => ({
        service: String(service),
        url: String(url),
        isReady: ready === true
      }))
    },
    close: () => pool.end()
  }
}
