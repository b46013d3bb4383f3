import { type DataOf, projection } from 'skerry'
import {
  OrderAccepted,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderShipped,
  OrderTotals,
  ReturnAccepted,
  ReturnCompleted
} from './contract.ts'

type Row = DataOf<typeof OrderTotals>

const all = { key: () => 'all', reads: [] } as const

/** Counts one order more for `what`; open is what is neither shipped nor cancelled. */
function order(row: Row, what: Exclude<keyof Row['orders'], 'open'>): Row {
  const orders = { ...row.orders, [what]: row.orders[what] + 1 }
  return { ...row, orders: { ...orders, open: orders.accepted - orders.shipped - orders.cancelled } }
}

function goodsReturn(row: Row, what: 'accepted' | 'completed'): Row {
  const returns = { ...row.returns, [what]: row.returns[what] + 1 }
  return { ...row, returns: { ...returns, open: returns.accepted - returns.completed } }
}

/** How many orders and returns there are, and how many are still on their way. */
export const orderTotals = projection(OrderTotals, {
  initial: {
    orders: { accepted: 0, confirmed: 0, shipped: 0, completed: 0, cancelled: 0, open: 0 },
    returns: { accepted: 0, completed: 0, open: 0 }
  }
})
  .on(OrderAccepted, all, (row) => order(row, 'accepted'))
  .on(OrderConfirmed, all, (row) => order(row, 'confirmed'))
  .on(OrderShipped, all, (row) => order(row, 'shipped'))
  .on(OrderCompleted, all, (row) => order(row, 'completed'))
  .on(OrderCancelled, all, (row) => order(row, 'cancelled'))
  .on(ReturnAccepted, all, (row) => goodsReturn(row, 'accepted'))
  .on(ReturnCompleted, all, (row) => goodsReturn(row, 'completed'))
