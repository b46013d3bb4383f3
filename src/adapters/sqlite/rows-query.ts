import { checkQuery, cursorText, placeOfCursor, type Query } from '../../ports/index.ts'
import { condition, type FieldValue, fieldValue, toCursor } from './field-value.ts'

/** A query as SQL over one table of rows. */
export interface RowsQuery {
  readonly sql: string
  readonly values: readonly FieldValue[]
}

/** The column of a field that was checked. */
function columnOf(field: string, indexes: readonly string[]): string {
  return field === 'key' ? 'key' : `field_${indexes.indexOf(field)}`
}

/** The cursor behind a row. */
export function cursorBehind(value: FieldValue, key: string): string {
  return Buffer.from(cursorText({ value: toCursor(value), key })).toString('base64url')
}

/** Builds the SQL of a query; one row more than the limit tells whether there is a next page. */
export function rowsQuery(table: string, indexes: readonly string[], query: Query): RowsQuery {
  checkQuery(query, indexes)
  const order = columnOf(query.orderBy, indexes)
  const direction = query.descending ? 'DESC' : 'ASC'
  const wheres: string[] = []
  const values: FieldValue[] = []
  for (const { field, comparison, value } of query.filters) {
    const where = condition(columnOf(field, indexes), comparison, fieldValue(value))
    wheres.push(where.sql)
    values.push(...where.values)
  }
  if (query.cursor !== undefined) {
    const { value, key } = placeOfCursor(query.cursor, (text) => Buffer.from(text, 'base64url').toString())
    const beyond = query.descending ? '<' : '>'
    wheres.push(order === 'key' ? `key ${beyond} ?` : `(${order}, key) ${beyond} (?, ?)`)
    values.push(...(order === 'key' ? [key] : [fieldValue(value), key]))
  }
  const where = wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : ''
  const orderBy = order === 'key' ? `key ${direction}` : `${order} ${direction}, key ${direction}`
  return {
    sql: `SELECT key, data, ${order} AS sorted FROM ${table}${where} ORDER BY ${orderBy} LIMIT ?`,
    values: [...values, query.limit + 1]
  }
}
