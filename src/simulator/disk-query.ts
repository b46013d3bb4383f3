import {
  type Comparison,
  checkQuery,
  cursorText,
  placeOfCursor,
  type Query,
  type QueryPage
} from '../ports/index.ts'
import type { DiskGeneration } from './disk.ts'

type Field = string | number | boolean | undefined

interface Found {
  readonly key: string
  readonly data: unknown
  readonly field: (name: string) => Field
}

const ranks = ['undefined', 'number', 'string', 'boolean']

/** Texts by code point, which differs from that of `<` where there are surrogates. */
export function codePointOrder(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a === b) continue
    const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    if (isSurrogate(a) !== isSurrogate(b)) return isSurrogate(a) ? 1 : -1
    return a - b
  }
  return left.length - right.length
}

function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
}

function order(left: Field, right: Field): number {
  const rank = ranks.indexOf(typeof left) - ranks.indexOf(typeof right)
  if (rank !== 0) return rank
  if (typeof left === 'string') return codePointOrder(left, String(right))
  return left === undefined ? 0 : Number(left) - Number(right)
}

const holds: Readonly<Record<Comparison, (difference: number, sameKind: boolean) => boolean>> = {
  eq: (difference) => difference === 0,
  ne: (difference) => difference !== 0,
  lt: (difference, same) => same && difference < 0,
  lte: (difference, same) => same && difference <= 0,
  gt: (difference, same) => same && difference > 0,
  gte: (difference, same) => same && difference >= 0
}

/** What a value is ordered and compared as. */
function fieldOf(value: unknown): Field {
  return ranks.includes(typeof value) ? (value as Field) : undefined
}

/** A page of the rows of a generation, as the port of the store describes it. */
export function pageOf(generation: DiskGeneration, query: Query): QueryPage {
  const { filters, orderBy, descending, limit, cursor } = query
  checkQuery(query, generation.indexes)
  const sign = descending ? -1 : 1
  const found: Found[] = []
  for (const [key, text] of generation.rows) {
    const data: unknown = JSON.parse(text)
    const field = (name: string): Field => {
      const value =
        name === 'key' ? key : Object.hasOwn(fieldsOf(data), name) ? fieldsOf(data)[name] : undefined
      return fieldOf(value)
    }
    const passes = filters.every(({ field: name, comparison, value }) => {
      const own = field(name)
      return holds[comparison](order(own, value), typeof own === typeof value)
    })
    if (passes) found.push({ key, data, field })
  }
  const compare = (field: Field, key: string, other: Found): number => {
    const difference = order(field, other.field(orderBy))
    return sign * (difference === 0 ? codePointOrder(key, other.key) : difference)
  }
  found.sort((left, right) => compare(left.field(orderBy), left.key, right))
  const behind = cursor === undefined ? undefined : placeOfCursor(cursor, (text) => text)
  const rest = behind ? found.filter((row) => compare(fieldOf(behind.value), behind.key, row) < 0) : found
  const rows = rest.slice(0, limit).map(({ key, data }) => ({ key, data }))
  const last = rest[limit - 1]
  if (rest.length <= limit || !last) return { rows }
  return { rows, next: cursorText({ value: last.field(orderBy), key: last.key }) }
}
