import type { Comparison, Filter, Query } from '../ports/index.ts'

/** A row as the model keeps it. */
export interface ModelRow {
  readonly key: string
  readonly data: unknown
}

/** Strings by code point, as UTF-8 bytes order them too. */
export function codePointOrder(left: string, right: string): number {
  const a = [...left]
  const b = [...right]
  for (let index = 0; index < a.length && index < b.length; index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const kinds = ['missing', 'number', 'string', 'boolean']

function kindOf(value: unknown): string {
  return kinds.includes(typeof value) ? typeof value : 'missing'
}

function fieldOf(row: ModelRow, field: string): unknown {
  if (field === 'key') return row.key
  return typeof row.data === 'object' && row.data !== null && Object.hasOwn(row.data, field)
    ? (row.data as Record<string, unknown>)[field]
    : undefined
}

function order(left: unknown, right: unknown): number {
  const kind = kindOf(left)
  if (kind !== kindOf(right)) return kinds.indexOf(kind) - kinds.indexOf(kindOf(right))
  if (kind === 'string') return codePointOrder(left as string, right as string)
  return kind === 'missing' ? 0 : Number(left) - Number(right)
}

const holds: Readonly<Record<Comparison, (difference: number) => boolean>> = {
  eq: (difference) => difference === 0,
  ne: (difference) => difference !== 0,
  lt: (difference) => difference < 0,
  lte: (difference) => difference <= 0,
  gt: (difference) => difference > 0,
  gte: (difference) => difference >= 0
}

function passes(row: ModelRow, { field, comparison, value }: Filter): boolean {
  const found = fieldOf(row, field)
  const sameKind = kindOf(found) === kindOf(value)
  if (comparison !== 'ne' && !sameKind) return false
  return holds[comparison](sameKind ? order(found, value) : 1)
}

/** All rows that a query must give, in order, without its limit and cursor. */
export function expectedRows(rows: readonly ModelRow[], query: Query): readonly ModelRow[] {
  const sign = query.descending ? -1 : 1
  return rows
    .filter((row) => query.filters.every((filter) => passes(row, filter)))
    .sort((left, right) => {
      const difference = order(fieldOf(left, query.orderBy), fieldOf(right, query.orderBy))
      return sign * (difference === 0 ? codePointOrder(left.key, right.key) : difference)
    })
}
