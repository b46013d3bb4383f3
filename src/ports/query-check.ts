import { Failure } from '../core/index.ts'
import { comparisons, type Query } from './query.ts'

function checkField(field: string, indexes: readonly string[]): void {
  if (field === 'key' || indexes.includes(field)) return
  const hint = `'${field}' is not declared as an index; these are: ${['key', ...indexes].join(', ')}.`
  throw new Failure('QUERY_INVALID', { hint, field })
}

/**
 * Refuses a query that asks by what is not among the declared indexes, compares in a way that there is not, or has a
 * limit below 1. Fails with `QUERY_INVALID`. The cursor is not looked at: `placeOfCursor` reads it.
 */
export function checkQuery({ filters, orderBy, limit }: Query, indexes: readonly string[]): void {
  if (!Number.isInteger(limit) || limit < 1)
    throw new Failure('QUERY_INVALID', { hint: `The limit must be a whole number from 1, not ${limit}.` })
  checkField(orderBy, indexes)
  for (const { field, comparison } of filters) {
    checkField(field, indexes)
    if (!comparisons.includes(comparison))
      throw new Failure('QUERY_INVALID', { hint: `There is no comparison '${String(comparison)}'.` })
  }
}
