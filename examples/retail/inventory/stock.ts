import { type DataOf, projection } from 'skerry'
import { Stock, StockReceived, StockRestocked } from './contract.ts'
import { UnitsFreed, UnitsHeld, UnitsTaken } from './own-messages.ts'

type Row = DataOf<typeof Stock>

/** The row after units have come or gone; what is available follows from the rest. */
function moved(row: Row, stockCode: string, by: { onHand?: number; reserved?: number }): Row {
  const onHand = row.onHand + (by.onHand ?? 0)
  const reserved = row.reserved + (by.reserved ?? 0)
  return { ...row, stockCode, onHand, reserved, available: onHand - reserved }
}

/** What lies where, and how much of it can still be reserved. */
export const stock = projection(Stock, {
  initial: { stockCode: '', onHand: 0, reserved: 0, available: 0, location: 'goods-in' },
  indexes: ['available', 'location']
})
  .on(
    StockReceived,
    ({ stockCode }) => stockCode,
    (row, { stockCode, quantity, location }) => ({
      ...moved(row, stockCode, { onHand: quantity }),
      location
    })
  )
  .on(
    StockRestocked,
    ({ stockCode }) => stockCode,
    (row, { stockCode, quantity }) => moved(row, stockCode, { onHand: quantity })
  )
  .on(
    UnitsHeld,
    ({ stockCode }) => stockCode,
    (row, { stockCode, quantity }) => moved(row, stockCode, { reserved: quantity })
  )
  .on(
    UnitsFreed,
    ({ stockCode }) => stockCode,
    (row, { stockCode, quantity }) => moved(row, stockCode, { reserved: -quantity })
  )
  .on(
    UnitsTaken,
    ({ stockCode }) => stockCode,
    (row, { stockCode, quantity }) => moved(row, stockCode, { onHand: -quantity, reserved: -quantity })
  )
