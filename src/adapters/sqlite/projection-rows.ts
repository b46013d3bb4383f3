import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { canonicalJson } from '../../core/index.ts'
import type { Query, QueryPage } from '../../ports/index.ts'
import { type FieldValue, fieldOf } from './field-value.ts'
import { cursorBehind, rowsQuery } from './rows-query.ts'
import { isStorable, keyText, parse, stringify } from './stored-text.ts'

/** The rows of one generation of a projection. */
export interface ProjectionRows {
  write(key: string, data: unknown): void
  read(keys: readonly string[]): ReadonlyMap<string, unknown>
  query(query: Query): QueryPage
  hash(): { readonly rows: number; readonly hash: string }
}

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
  db.exec(`CREATE TABLE ${table} (key TEXT PRIMARY KEY${fields}, data TEXT NOT NULL) WITHOUT ROWID`)
  indexes.forEach((_, index) => {
    const name = table.replace(/"$/, ` ${index}"`)
    db.exec(`CREATE INDEX ${name} ON ${table} (field_${index}, key)`)
  })
}

/** Opens the rows of a generation. */
export function projectionRows(
  db: DatabaseSync,
  projection: string,
  generation: number,
  indexes: readonly string[]
): ProjectionRows {
  const table = rowsTable(projection, generation)
  const fields = indexes.map((_, index) => `field_${index}`)
  const columns = ['key', 'data', ...fields]
  const updates = ['data', ...fields].map((column) => `${column} = excluded.${column}`).join(', ')
  const put = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO UPDATE SET ${updates}`
  )
  const remove = db.prepare(`DELETE FROM ${table} WHERE key = ?`)
  const one = db.prepare(`SELECT data FROM ${table} WHERE key = ?`)
  const all = db.prepare(`SELECT key, data FROM ${table} ORDER BY key`)

  return {
    write(key, data) {
      if (data === null) remove.run(key)
      else put.run(keyText(key), stringify(data), ...indexes.map((field) => fieldOf(data, field)))
    },
    read(keys) {
      const found = new Map<string, unknown>()
      for (const key of keys) {
        const row = isStorable(key) ? one.get(key) : undefined
        if (row) found.set(key, parse(row['data']))
      }
      return found
    },
    query(query) {
      const { sql, values } = rowsQuery(table, indexes, query)
      const found = db.prepare(sql).all(...values)
      const page = found.slice(0, query.limit)
      const rows = page.map((row) => ({ key: row['key'] as string, data: parse(row['data']) }))
      const last = page.at(-1)
      if (found.length <= query.limit || !last) return { rows }
      return { rows, next: cursorBehind(last['sorted'] as FieldValue, last['key'] as string) }
    },
    hash() {
      const hash = createHash('sha256')
      let rows = 0
      for (const row of all.iterate()) {
        hash.update(`${JSON.stringify(row['key'])}\n${canonicalJson(parse(row['data']))}\n`)
        rows += 1
      }
      return { rows, hash: hash.digest('hex') }
    }
  }
}
