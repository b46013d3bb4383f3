import { Failure } from '../../core/index.ts'
import type { BatchPosition } from '../../ports/index.ts'

/**
 * A position as it is sent: one of a row of the same batch, which the database gives, is below 0: the number of that
 * row, counted from 1. Fails with `POSITION_INVALID` when the batch has no such row.
 */
export function sentPosition(position: BatchPosition, rows: number): number {
  if (typeof position === 'number') return position
  if (Number.isInteger(position.row) && position.row >= 0 && position.row < rows) return -1 - position.row
  throw new Failure('POSITION_INVALID', { hint: `The batch has no row ${position.row}.` })
}
