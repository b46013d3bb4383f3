import { Failure } from '../../core/index.ts'
import type { PostgresConnection, Row } from './connection.ts'

/** The oldest version that has what is used here and still gets repairs. */
const versionMin = 14

const settings = `SELECT
  current_setting('server_version_num')::int / 10000 AS version,
  pg_is_in_recovery() AS standby,
  current_setting('server_encoding') AS encoding,
  current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes,
  current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('default_transaction_isolation') AS isolation`

/** Settings that a server must have, and how it gets them. */
const required: readonly (readonly [
  name: string,
  isBad: (row: Row) => boolean,
  what: string,
  fix: string
])[] = [
  [
    'fsync',
    (row) => row['fsync'] !== 'on',
    'fsync is off: a power cut destroys the database',
    'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();'
  ],
  [
    'full_page_writes',
    (row) => row['full_page_writes'] !== 'on',
    'full_page_writes is off: a power cut may tear pages',
    'ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf();'
  ],
  [
    'synchronous_commit',
    (row) => row['synchronous_commit'] === 'off',
    'synchronous_commit is off: what was acknowledged may be lost',
    'ALTER ROLE CURRENT_USER SET synchronous_commit = on; it may also be set in the database or in the configuration.'
  ],
  [
    'isolation',
    (row) => row['isolation'] !== 'read committed',
    'default_transaction_isolation is not read committed, which the locks of the log are made for',
    "ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'read committed'; it may also be set in the options of the pool."
  ],
  [
    'encoding',
    (row) => row['encoding'] !== 'UTF8',
    'the database is not in UTF8',
    "CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'; the encoding of a database is fixed."
  ],
  [
    'version',
    (row) => Number(row['version']) < versionMin,
    `the server is older than PostgreSQL ${versionMin}`,
    `pg_upgrade to PostgreSQL ${versionMin} or later.`
  ]
]

/**
 * Looks at the server behind a new connection. Fails with `STORE_GUARANTEE`, naming the setting and how to change it,
 * or with `STORE_UNAVAILABLE` when it is a standby.
 */
export async function checkServer(connection: PostgresConnection, place: string): Promise<void> {
  const [row = {}] = (await connection.query(settings)).rows
  for (const [setting, isBad, what, fix] of required)
    if (isBad(row))
      throw new Failure('STORE_GUARANTEE', { hint: `${place}: ${what}. To change it: ${fix}`, setting, fix })
  if (row['standby'] === true)
    throw new Failure('STORE_UNAVAILABLE', { hint: `${place}: the server is a standby.`, standby: true })
}
