import { Failure } from '../../core/index.ts'
import type { Query } from '../../ports/index.ts'
import { condition, type FieldValue, fieldValue, toCursor } from './field-value.ts'

/** A query as SQL over one table of rows. */
export interface RowsQuery {
  readonly sql: string
  readonly values: readonly FieldValue[]
}

function columnOf(field: string, indexes: readonly string[]): string {
  if (field === 'key') return 'key'
  const index = indexes.indexOf(field)
  if (index >= 0) return `field_${index}`
  const known = ['key', ...indexes].join(', ')
  throw new Failure('QUERY_INVALID', {
    hint: `'${field}' is not declared as an index; these are: ${known}.`,
    field
  })
}

function badCursor(cursor: string): Failure {
  return new Failure('QUERY_INVALID', {
    hint: 'The cursor is not the `next` of a page of this query.',
    cursor
  })
}

function readCursor(cursor: string): { value: FieldValue; key: string } {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(read) && read.length === 2 && typeof read[1] === 'string')
      return { value: fieldValue(read[0]), key: read[1] }
  } catch (thrown) {
    throw new Failure('QUERY_INVALID', { ...badCursor(cursor).details }, thrown)
  }
  throw badCursor(cursor)
}

/** The cursor behind a row. */
export function cursorBehind(value: FieldValue, key: string): string {
  return Buffer.from(JSON.stringify([toCursor(value), key])).toString('base64url')
}

/** Builds the SQL of a query; one row more than the limit tells whether there is a next page. */
export function rowsQuery(table: string, indexes: readonly string[], query: Query): RowsQuery {
  if (!Number.isInteger(query.limit) || query.limit < 1)
    throw new Failure('QUERY_INVALID', {
      hint: `The limit must be a whole number from 1, not ${query.limit}.`
    })
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
    const { value, key } = readCursor(query.cursor)
    const beyond = query.descending ? '<' : '>'
    wheres.push(order === 'key' ? `key ${beyond} ?` : `(${order}, key) ${beyond} (?, ?)`)
    values.push(...(order === 'key' ? [key] : [value, key]))
  }
  const where = wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : ''
  const orderBy = order === 'key' ? `key ${direction}` : `${order} ${direction}, key ${direction}`
  return {
    sql: `SELECT key, data, ${order} AS sorted FROM ${table}${where} ORDER BY ${orderBy} LIMIT ?`,
    values: [...values, query.limit + 1]
  }
}
