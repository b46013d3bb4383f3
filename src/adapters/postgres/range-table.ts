import type { ArchivedRange, LogRange } from '../../ports/index.ts'
import type { PostgresConnection, Row } from './connection.ts'
import { rangeTable } from './range-schema.ts'
import { plainText } from './stored-text.ts'

function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : Number(value)
}

function rangeOf(row: Row): LogRange {
  return {
    first: Number(row['first']),
    last: Number(row['last']),
    rows: Number(row['rows']),
    bytes: Number(row['bytes']),
    firstMs: optionalNumber(row['first_time']),
    lastMs: optionalNumber(row['last_time']),
    closed: row['closed'] === true
  }
}

/** The ranges of a log: those that are there, and those that were archived. */
export class RangeTable {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  /** Makes ranges until one has the position; gives the last position that there is room for. */
  async make(connection: PostgresConnection, upto: number): Promise<number> {
    const { rows: there } = await connection.query(
      `SELECT coalesce(max(last), 0) AS last FROM ${this.#schema}.log_range`
    )
    const last = Number(there[0]?.['last'])
    // Where there is room already, nobody who makes or archives ranges is waited for.
    if (last >= upto) return last
    const { rows } = await connection.query(`SELECT ${this.#schema}.make_ranges($1) AS last`, [upto])
    return Number(rows[0]?.['last'])
  }

  /** Lets nobody else make, archive or put back ranges until the transaction ends. */
  async lock(connection: PostgresConnection): Promise<void> {
    await connection.query(`SELECT ${this.#schema}.lock_ranges()`)
  }

  /** Those that are there, the oldest first. */
  async list(connection: PostgresConnection): Promise<readonly LogRange[]> {
    const { rows } = await connection.query(
      `SELECT r.first, r.last, min(p.head) >= r.last AS closed,
         sum(greatest(0, least(p.head, r.last) - r.first + 1)) AS rows,
         pg_total_relation_size(format('${this.#schema}.log_%s', r.first)::regclass) AS bytes,
         min(f.time) AS first_time, max(l.time) AS last_time
       FROM ${this.#schema}.log_range AS r CROSS JOIN ${this.#schema}.partition AS p
       LEFT JOIN LATERAL (
         SELECT time FROM ${this.#schema}.log WHERE partition = p.number AND position = r.first LIMIT 1
       ) AS f ON true
       LEFT JOIN LATERAL (
         SELECT time FROM ${this.#schema}.log
         WHERE partition = p.number AND position = least(p.head, r.last) AND position >= r.first LIMIT 1
       ) AS l ON true
       GROUP BY r.first ORDER BY r.first`
    )
    return rows.map(rangeOf)
  }

  /** Those that were archived, the oldest first. */
  async archived(connection: PostgresConnection): Promise<readonly ArchivedRange[]> {
    const { rows } = await connection.query(
      `SELECT first, last, rows, hash, time, by FROM ${this.#schema}.archived ORDER BY first`
    )
    return rows.map((row) => ({
      first: Number(row['first']),
      last: Number(row['last']),
      rows: Number(row['rows']),
      hash: String(row['hash']),
      archivedMs: Number(row['time']),
      by: plainText(row['by'])
    }))
  }

  /** How many rows a range has. */
  async count(connection: PostgresConnection, first: number): Promise<number> {
    const { rows } = await connection.query(
      `SELECT count(*) AS rows FROM ${this.#schema}.${rangeTable(first)}`
    )
    return Number(rows[0]?.['rows'])
  }

  /** Drops a range, and waits for who reads it. */
  async drop(connection: PostgresConnection, first: number): Promise<void> {
    await connection.query(`DROP TABLE ${this.#schema}.${rangeTable(first)}`)
    await connection.query(`DELETE FROM ${this.#schema}.log_range WHERE first = $1`, [first])
  }

  /** Makes a table for a range that is not part of the log yet. */
  async prepare(connection: PostgresConnection, first: number, last: number): Promise<string> {
    const table = rangeTable(first)
    await connection.query(
      `CREATE TABLE ${this.#schema}.${table} (LIKE ${this.#schema}.log INCLUDING INDEXES,
         CONSTRAINT within CHECK (position BETWEEN ${first} AND ${last}))`
    )
    return table
  }

  /** Makes a table that was prepared a part of the log. */
  async attach(connection: PostgresConnection, first: number, last: number): Promise<void> {
    const table = `${this.#schema}.${rangeTable(first)}`
    await connection.query(
      `ALTER TABLE ${this.#schema}.log ATTACH PARTITION ${table} FOR VALUES FROM (${first}) TO (${last + 1})`
    )
    await connection.query(`ALTER TABLE ${table} DROP CONSTRAINT within`)
    await connection.query(`INSERT INTO ${this.#schema}.log_range (first, last) VALUES ($1, $2)`, [
      first,
      last
    ])
  }

  /** Makes the log one without rows, from its beginning on. */
  async clear(connection: PostgresConnection): Promise<void> {
    for (const { first } of await this.list(connection)) await this.drop(connection, first)
    await connection.query(`TRUNCATE ${this.#schema}.archived, ${this.#schema}.subscriber`)
    await connection.query(`UPDATE ${this.#schema}.partition SET head = 0`)
    await this.make(connection, 1)
  }
}
