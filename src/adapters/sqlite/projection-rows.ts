import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { canonicalJson } from '../../core/index.ts'
import {
  isStorableKey,
  type Query,
  type QueryPage,
  storableKey,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'
import { type FieldValue, fieldOf } from './field-value.ts'
import { cursorBehind, rowsQuery } from './rows-query.ts'

/** The name of the table of a generation, quoted. */
export function rowsTable(projection: string, generation: number): string {
  return `"rows ${projection.replaceAll('"', '""')} ${generation}"`
}

/** Creates the table of a generation with an index for each declared field. */
export function createRowsTable(
  db: DatabaseSync,
  projection: string,
  generation: number,
  indexes: readonly string[]
): void {
  const table = rowsTable(projection, generation)
  const fields = indexes.map((_, index) => `, field_${index} NOT NULL`).join('')
  db.exec(
    `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE${fields}, data TEXT NOT NULL)`
  )
  for (const index of indexes.keys()) {
    const name = table.replace(/"$/, ` ${index}"`)
    db.exec(`CREATE INDEX ${name} ON ${table} (field_${index}, key)`)
  }
}

/** The rows of one generation of a projection. */
export class ProjectionRows {
  readonly #db: DatabaseSync
  readonly #table: string
  readonly #indexes: readonly string[]
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #one: StatementSync

  constructor(db: DatabaseSync, projection: string, generation: number, indexes: readonly string[]) {
    const table = rowsTable(projection, generation)
    const columns = ['key', 'data', ...indexes.map((_, index) => `field_${index}`)]
    const places = columns.map(() => '?').join(', ')
    const updates = columns.slice(1).map((column) => `${column} = excluded.${column}`)
    this.#db = db
    this.#table = table
    this.#indexes = indexes
    this.#put = db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ON CONFLICT (key) DO UPDATE SET ${updates.join(', ')}`
    )
    this.#remove = db.prepare(`DELETE FROM ${table} WHERE key = ?`)
    this.#one = db.prepare(`SELECT data FROM ${table} WHERE key = ?`)
  }

  /** Puts a row, or removes it when `data` is null. */
  write(key: string, data: unknown): void {
    storableKey(key)
    if (data === null || data === undefined) this.#remove.run(key)
    else this.#put.run(key, storedJson(data), ...this.#indexes.map((field) => fieldOf(data, field)))
  }

  read(keys: readonly string[]): ReadonlyMap<string, unknown> {
    const found = new Map<string, unknown>()
    for (const key of keys) {
      const row = isStorableKey(key) ? this.#one.get(key) : undefined
      if (row) found.set(key, valueOfStoredJson(row['data']))
    }
    return found
  }

  query(query: Query): QueryPage {
    const { sql, values } = rowsQuery(this.#table, this.#indexes, query)
    const found = this.#db.prepare(sql).all(...values)
    const page = found.slice(0, query.limit)
    const rows = page.map((row) => ({ key: row['key'] as string, data: valueOfStoredJson(row['data']) }))
    const last = page.at(-1)
    if (found.length <= query.limit || !last) return { rows }
    return { rows, next: cursorBehind(last['sorted'] as FieldValue, last['key'] as string) }
  }

  /** A hash over all rows in the order of their keys. */
  hash(): { readonly rows: number; readonly hash: string } {
    const hash = createHash('sha256')
    let rows = 0
    for (const row of this.#db.prepare(`SELECT key, data FROM ${this.#table} ORDER BY key`).iterate()) {
      hash.update(`${JSON.stringify(row['key'])}\n${canonicalJson(valueOfStoredJson(row['data']))}\n`)
      rows += 1
    }
    return { rows, hash: hash.digest('hex') }
  }
}
