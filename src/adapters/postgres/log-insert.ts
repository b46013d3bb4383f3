import type { LogRow } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import { Statement } from './statement.ts'
import { keyText, storedText } from './stored-text.ts'

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}

/** Writes rows that have their positions already into a table that has the columns of the log; those there stay. */
export async function insertLog(
  connection: PostgresConnection,
  schema: string,
  table: string,
  rows: readonly LogRow[]
): Promise<void> {
  if (rows.length === 0) return
  const statement = new Statement()
  const column = statement.columnsOf(rows)
  const columns = {
    partition: column('integer', (row) => row.partition),
    position: column('bigint', (row) => row.position),
    previous: column('bigint', (row) => row.previous),
    kind: column('text', (row) => row.kind),
    type: column('text', (row) => storedText(row.type)),
    version: column('integer', (row) => row.version),
    unit: column('text', (row) => storedText(row.unit)),
    key: column('text', (row) => keyText(row.key)),
    sequence: column('bigint', (row) => row.sequence),
    time: column('float8', (row) => row.timeMs),
    correlation: column('text', (row) => storedText(row.correlationId)),
    causation: column('text', (row) => storedText(row.causationId)),
    traceparent: column('text', (row) => storedText(row.traceparent)),
    recipient: column('json', ({ to }) => json(to)),
    reply_to: column('json', ({ replyTo }) => json(replyTo)),
    data: column('json', ({ data }) => json(data))
  }
  await connection.query(
    `INSERT INTO ${schema}.${table} (${Object.keys(columns).join(', ')})
     SELECT * FROM unnest(${Object.values(columns).join(', ')}) ON CONFLICT DO NOTHING`,
    statement.values
  )
}
