import { checkQuery, cursorText, type Filter, placeOfCursor, type Query } from '../../ports/index.ts'
import { byteaText, fieldOf, fieldValue, kindBounds, operators } from './field-value.ts'
import { Statement } from './statement.ts'
import { storedText } from './stored-text.ts'

/** A query as SQL over one table of rows. */
export interface RowsQuery {
  readonly sql: string
  readonly values: unknown[]
}

/** The column of a field that was checked: the key, or an element of the fields. */
function columnOf(field: string, indexes: readonly string[]): string {
  return field === 'key' ? 'key' : `(fields[${indexes.indexOf(field) + 1}])`
}

/** The cursor behind a row. */
export function cursorBehind(orderBy: string, key: string, data: unknown): string {
  const value = orderBy === 'key' ? key : fieldOf(data, orderBy)
  const shown = typeof value === 'object' ? null : value
  return Buffer.from(cursorText({ value: shown, key })).toString('base64url')
}

function keyCondition({ comparison, value }: Filter, statement: Statement): string {
  const operator = operators[comparison]
  // Only a string is ever equal to a key, or before or behind one.
  if (typeof value !== 'string') return comparison === 'ne' ? 'true' : 'false'
  return `key ${operator} ${statement.value(storedText(value))}`
}

function condition(filter: Filter, indexes: readonly string[], statement: Statement): string {
  const { field, comparison, value } = filter
  const column = columnOf(field, indexes)
  if (column === 'key') return keyCondition(filter, statement)
  const bytes = fieldValue(value)
  const place = (each: Buffer): string => `${statement.value(byteaText(each))}::bytea`
  const compared = `${column} ${operators[comparison]} ${place(bytes)}`
  const [from, before] = kindBounds(bytes)
  if (comparison === 'lt' || comparison === 'lte') return `${compared} AND ${column} >= ${place(from)}`
  if (comparison === 'gt' || comparison === 'gte') return `${compared} AND ${column} < ${place(before)}`
  return compared
}

/** Builds the SQL of a query; one row more than the limit tells whether there is a next page. */
export function rowsQuery(table: string, indexes: readonly string[], query: Query): RowsQuery {
  checkQuery(query, indexes)
  const statement = new Statement()
  const order = columnOf(query.orderBy, indexes)
  const direction = query.descending ? 'DESC' : 'ASC'
  const wheres = query.filters.map((filter) => condition(filter, indexes, statement))
  if (query.cursor !== undefined) {
    const { value, key } = placeOfCursor(query.cursor, (text) => Buffer.from(text, 'base64url').toString())
    const beyond = query.descending ? '<' : '>'
    const place = statement.value(storedText(key))
    wheres.push(
      order === 'key'
        ? `key ${beyond} ${place}`
        : `(${order}, key) ${beyond} (${statement.value(byteaText(fieldValue(value)))}::bytea, ${place})`
    )
  }
  const where = wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : ''
  const orderBy = order === 'key' ? `key ${direction}` : `${order} ${direction}, key ${direction}`
  const limit = statement.value(query.limit + 1)
  return {
    sql: `SELECT key, data FROM ${table}${where} ORDER BY ${orderBy} LIMIT ${limit}`,
    values: statement.values
  }
}
