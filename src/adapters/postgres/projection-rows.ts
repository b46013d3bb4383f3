import { createHash } from 'node:crypto'
import { canonicalJson } from '../../core/index.ts'
import {
  isStorableKey,
  type ProjectionWrite,
  type Query,
  type QueryPage,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import { byteaText, fieldOf, fieldValue } from './field-value.ts'
import type { PreparedStatements } from './prepared-statements.ts'
import { readRows } from './read-schema.ts'
import { cursorBehind, rowsQuery } from './rows-query.ts'
import { arrayLiteral, quoted, type Statement } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

/** So many rows are read at once where all are. */
const rowsAtOnce = 1_000

/** The name of the table of a generation, by the number that it was given; such a number is never given twice. */
export function rowsTable(id: number): string {
  return `rows_${id}`
}

/** Creates the table of a generation with an index for each declared field, and the function that reads it. */
export async function createRowsTable(
  connection: PostgresConnection,
  schema: string,
  id: number,
  indexes: readonly string[]
): Promise<void> {
  const table = `${schema}.${rowsTable(id)}`
  await connection.query(
    `CREATE TABLE ${table} (key text COLLATE "C" PRIMARY KEY, fields bytea[] NOT NULL, data text COLLATE "C" NOT NULL)
     WITH (fillfactor = 80)`
  )
  for (const index of indexes.keys())
    await connection.query(
      `CREATE INDEX ${quoted(`${rowsTable(id)}_${index}`)} ON ${table} ((fields[${index + 1}]), key)`
    )
  await connection.query(readRows(schema, id))
}

/** Drops the table of a generation, with what was created for it. */
export async function dropRowsTable(
  connection: PostgresConnection,
  schema: string,
  id: number
): Promise<void> {
  await connection.query(`DROP TABLE ${schema}.${rowsTable(id)} CASCADE`)
}

/** What of a commit concerns the rows of one generation. */
export interface RowsWrite {
  /** The statement that puts rows. */
  readonly put?: string
  /** The call that removes rows. */
  readonly remove?: string
}

/**
 * The statements that put rows, as parts of one that has others: what a function is given the name of a table for would be
 * planned each time.
 */
export function putsOf(rows: readonly RowsWrite[]): readonly string[] {
  return rows.flatMap(({ put }) => put ?? []).map((put, index) => `put_${index} AS (${put})`)
}

/** The rows of one generation of a projection. */
export class ProjectionRows {
  readonly id: number
  readonly #schema: string
  readonly #indexes: readonly string[]
  readonly #prepared: PreparedStatements

  constructor(schema: string, id: number, indexes: readonly string[], prepared: PreparedStatements) {
    this.#schema = schema
    this.id = id
    this.#indexes = indexes
    this.#prepared = prepared
  }

  get #table(): string {
    return `${this.#schema}.${rowsTable(this.id)}`
  }

  /** What writes rows and removes those where `data` is null; of several writes of one key the last holds. */
  write(statement: Statement, writes: readonly ProjectionWrite[]): RowsWrite {
    const last = [...new Map(writes.map((write) => [write.key, write])).values()]
    const put = last.filter(({ data }) => data !== null && data !== undefined)
    const gone = last.filter(({ data }) => data === null || data === undefined)
    return {
      ...(put.length > 0 && { put: this.#put(statement, put) }),
      ...(gone.length > 0 && { remove: this.#remove(statement, gone) })
    }
  }

  #put(statement: Statement, rows: readonly ProjectionWrite[]): string {
    const column = statement.columnsOf(rows)
    const fields = (data: unknown): string =>
      arrayLiteral(this.#indexes.map((field) => fieldText(data, field)))
    const parts = [
      column('text', ({ key }) => keyText(key)),
      column('json', ({ data }) => storedJson(data)),
      column('json', ({ data }) => fields(data))
    ]
    return `INSERT INTO ${this.#table} (key, data, fields)
      SELECT n.key, n.data, n.fields::bytea[] FROM unnest(${parts.join(', ')}) AS n (key, data, fields) ORDER BY 1
      ON CONFLICT (key) DO UPDATE SET data = excluded.data, fields = excluded.fields`
  }

  #remove(statement: Statement, rows: readonly ProjectionWrite[]): string {
    const keys = statement.array(
      'text',
      rows.map(({ key }) => keyText(key))
    )
    return `${this.#schema}.remove_rows(${statement.value(rowsTable(this.id))}, ${keys})`
  }

  /** Rows by key, in the order in which the keys are asked for. */
  async read(connection: PostgresConnection, keys: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    const storable = keys.filter(isStorableKey)
    if (storable.length === 0) return new Map()
    const { rows } = await this.#prepared.query(
      connection,
      `SELECT key, data FROM ${this.#schema}.read_rows_${this.id}($1)`,
      [arrayLiteral(storable.map(storedText))]
    )
    const found = new Map(rows.map((row) => [plainText(row['key']), row['data']]))
    return new Map(
      storable.flatMap((key) => (found.has(key) ? [[key, valueOfStoredJson(found.get(key))]] : []))
    )
  }

  async query(connection: PostgresConnection, query: Query): Promise<QueryPage> {
    const { sql, values } = rowsQuery(this.#table, this.#indexes, query)
    const found = (await connection.query(sql, values)).rows
    const rows = found
      .slice(0, query.limit)
      .map((row) => ({ key: plainText(row['key']), data: valueOfStoredJson(row['data']) }))
    const last = rows.at(-1)
    if (found.length <= query.limit || !last) return { rows }
    return { rows, next: cursorBehind(query.orderBy, last.key, last.data) }
  }

  /** A hash over all rows in the order of their keys; in the transaction of the caller, which sees one state of them. */
  async hash(connection: PostgresConnection): Promise<{ readonly rows: number; readonly hash: string }> {
    const hash = createHash('sha256')
    let count = 0
    let after: string | undefined
    for (;;) {
      const { rows } = await connection.query(
        `SELECT key, data FROM ${this.#table} WHERE $1::text IS NULL OR key > $1 ORDER BY key LIMIT ${rowsAtOnce}`,
        [after ?? null]
      )
      for (const row of rows)
        hash.update(
          `${JSON.stringify(plainText(row['key']))}\n${canonicalJson(valueOfStoredJson(row['data']))}\n`
        )
      count += rows.length
      if (rows.length < rowsAtOnce) return { rows: count, hash: hash.digest('hex') }
      after = String(rows.at(-1)?.['key'])
    }
  }
}

function fieldText(data: unknown, field: string): string {
  return byteaText(fieldValue(fieldOf(data, field)))
}
