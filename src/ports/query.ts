/**
 * How a field is compared. Order comparisons hold only between values of one kind: numbers, strings (by code point)
 * or booleans (false before true). A field that is missing, null, an array or an object equals nothing; `ne` is the
 * opposite of `eq` and holds for it.
 */
export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

/** Every comparison that there is. */
export const comparisons: readonly Comparison[] = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte']

/** One condition on a declared index field; all conditions must hold. */
export interface Filter {
  readonly field: string
  readonly comparison: Comparison
  readonly value: string | number | boolean
}

/**
 * A question to a projection: only declared fields may be filtered and ordered by; the key always may. What is not
 * declared, a limit below 1 and a cursor that is none fail with `QUERY_INVALID`.
 */
export interface Query {
  readonly filters: readonly Filter[]
  /**
   * `key` or a declared field: rows without the field first, then numbers, strings and booleans. Rows with equal
   * fields are in the order of their keys; `descending` turns all of it round.
   */
  readonly orderBy: string
  readonly descending: boolean
  readonly limit: number
  /** The `next` of the page before. */
  readonly cursor?: string
}

/** One page of rows. `next` is absent on the last page. */
export interface QueryPage {
  readonly rows: readonly { readonly key: string; readonly data: unknown }[]
  readonly next?: string
}
