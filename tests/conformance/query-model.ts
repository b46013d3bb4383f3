import type { Query } from '../../src/ports/index.ts'

type Row = { readonly key: string; readonly data: unknown }

/** UTF-8 bytes are in the order of code points. */
export function byCodePoint(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}

/** The kind of a value as queries order kinds, and the value. */
function ranked(row: Row, field: string): readonly [kind: number, value: unknown] {
  const { data } = row
  const fields = typeof data === 'object' && data !== null ? Object.entries(data) : []
  const value = field === 'key' ? row.key : fields.find(([name]) => name === field)?.[1]
  return rankOf(value)
}

function rankOf(value: unknown): readonly [kind: number, value: unknown] {
  const kind = ['number', 'string', 'boolean'].indexOf(typeof value)
  return kind < 0 ? [-1, 0] : [kind, value]
}

function compare(
  [leftKind, left]: readonly [number, unknown],
  [rightKind, right]: readonly [number, unknown]
): number {
  if (leftKind !== rightKind) return leftKind - rightKind
  if (typeof left === 'string') return byCodePoint(left, String(right))
  return Number(left) - Number(right)
}

/** The rows that a query gives, over all its pages. */
export function queryModel(rows: ReadonlyMap<string, unknown>, query: Query): readonly Row[] {
  const found = [...rows].map(([key, data]) => ({ key, data }))
  const kept = found.filter((row) =>
    query.filters.every(({ field, comparison, value }) => {
      const [at, asked] = [ranked(row, field), rankOf(value)]
      const difference = compare(at, asked)
      if (comparison === 'eq') return difference === 0
      if (comparison === 'ne') return difference !== 0
      if (at[0] !== asked[0]) return false
      if (comparison === 'lt') return difference < 0
      if (comparison === 'lte') return difference <= 0
      return comparison === 'gt' ? difference > 0 : difference >= 0
    })
  )
  kept.sort((left, right) => {
    const difference = compare(ranked(left, query.orderBy), ranked(right, query.orderBy))
    return difference === 0 ? byCodePoint(left.key, right.key) : difference
  })
  return query.descending ? kept.reverse() : kept
}
