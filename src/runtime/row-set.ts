import { subscriptionName } from '../ports/index.ts'

/** The rows of one generation of a projection. In memory they go by the name of the subscription that folds them. */
export interface RowSet {
  readonly name: string
  readonly projection: string
  readonly generation: number
}

/** The rows that the subscription of this generation folds. */
export function rowSet(projection: string, generation: number): RowSet {
  return { name: subscriptionName(projection, generation), projection, generation }
}
