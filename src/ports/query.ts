/** How a field is compared. */
export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

/** One condition on a declared index field; all conditions must hold. */
export interface Filter {
  readonly field: string
  readonly comparison: Comparison
  readonly value: string | number | boolean
}

/** A question to a projection: only declared fields may be filtered and ordered by; the key always may. */
export interface Query {
  readonly filters: readonly Filter[]
  /** `key` or a declared field; rows with equal fields are in the order of their keys. */
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
