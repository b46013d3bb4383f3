import type { Comparison } from '../../ports/index.ts'

/** A declared field as its index column holds it. */
export type FieldValue = number | string | Uint8Array

/**
 * SQLite orders numbers before text before blobs, whatever the values. So a missing field, null, array or object is
 * minus infinity (which JSON has not), and false and true are blobs: one total order, and no NULL for a comparison
 * to trip over.
 */
const missing = Number.NEGATIVE_INFINITY
const no = Uint8Array.of(0)
const yes = Uint8Array.of(1)
const firstText = ''
const firstBlob = new Uint8Array(0)

/** The value of a field in its index column. */
export function fieldValue(value: unknown): FieldValue {
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? yes : no
  return missing
}

/** The value of a field of a row. */
export function fieldOf(data: unknown, field: string): FieldValue {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, field)) return missing
  return fieldValue((data as Record<string, unknown>)[field])
}

/** A condition on a column; an order comparison holds only for values of the same kind as `value`. */
export function condition(
  column: string,
  comparison: Comparison,
  value: FieldValue
): { readonly sql: string; readonly values: readonly FieldValue[] } {
  switch (comparison) {
    case 'eq':
      return { sql: `${column} = ?`, values: [value] }
    case 'ne':
      return { sql: `${column} <> ?`, values: [value] }
    case 'lt':
    case 'lte': {
      const least = typeof value === 'number' ? missing : typeof value === 'string' ? firstText : firstBlob
      const lower = typeof value === 'number' ? '>' : '>='
      return {
        sql: `(${column} ${comparison === 'lt' ? '<' : '<='} ? AND ${column} ${lower} ?)`,
        values: [value, least]
      }
    }
    case 'gt':
    case 'gte': {
      const sql = `${column} ${comparison === 'gt' ? '>' : '>='} ?`
      if (typeof value === 'object') return { sql, values: [value] }
      return {
        sql: `(${sql} AND ${column} < ?)`,
        values: [value, typeof value === 'number' ? firstText : firstBlob]
      }
    }
  }
}

/** A value as it travels in a cursor. */
export function toCursor(value: FieldValue): unknown {
  if (typeof value === 'object') return value[0] === 1
  return value === missing ? null : value
}
