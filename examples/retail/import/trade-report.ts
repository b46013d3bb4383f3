import type { PlannedOrder, PlannedReturn, RejectedRow } from './trade-plan.ts'

/** How one order ended, as sales, billing and shipping say it. */
export interface OrderEnd {
  readonly order: PlannedOrder
  readonly status: 'shipped' | 'cancelled'
  readonly chargedPence: number
  readonly refundedPence: number
  readonly shipped: readonly { readonly stockCode: string; readonly quantity: number }[]
}

/** How one return ended. */
export interface ReturnEnd {
  readonly goodsReturn: PlannedReturn
  readonly refundedPence: number
  readonly returned: readonly { readonly stockCode: string; readonly quantity: number }[]
}

/** What `--json` prints. */
export interface TradeReport {
  readonly orders: { readonly accepted: number; readonly shipped: number; readonly cancelled: number }
  readonly returns: number
  readonly pence: { readonly charged: number; readonly refunded: number; readonly net: number }
  readonly customers: Readonly<Record<string, { readonly charged: number; readonly refunded: number }>>
  readonly units: Readonly<Record<string, { readonly shipped: number; readonly returned: number }>>
  readonly rejected: readonly RejectedRow[]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

/** Sums up what the services say of a file's trade, and what of the file was no trade. */
export function tradeReport(
  orders: readonly OrderEnd[],
  returns: readonly ReturnEnd[],
  rejected: readonly RejectedRow[]
): TradeReport {
  const customers = new Map<string, { charged: number; refunded: number }>()
  const units = new Map<string, { shipped: number; returned: number }>()
  const customer = (id: string, charged: number, refunded: number): void => {
    const known = customers.get(id) ?? { charged: 0, refunded: 0 }
    customers.set(id, { charged: known.charged + charged, refunded: known.refunded + refunded })
  }
  const unit = (stockCode: string, shipped: number, returned: number): void => {
    const known = units.get(stockCode) ?? { shipped: 0, returned: 0 }
    units.set(stockCode, { shipped: known.shipped + shipped, returned: known.returned + returned })
  }
  for (const { order, chargedPence, refundedPence, shipped } of orders) {
    customer(order.customer, chargedPence, refundedPence)
    for (const { stockCode, quantity } of shipped) unit(stockCode, quantity, 0)
  }
  for (const { goodsReturn, refundedPence, returned } of returns) {
    customer(goodsReturn.customer, 0, refundedPence)
    for (const { stockCode, quantity } of returned) unit(stockCode, 0, quantity)
  }
  const charged = sum(orders.map((end) => end.chargedPence))
  const refunded = sum([...orders, ...returns].map((end) => end.refundedPence))
  return {
    orders: {
      accepted: orders.length,
      shipped: orders.filter((end) => end.status === 'shipped').length,
      cancelled: orders.filter((end) => end.status === 'cancelled').length
    },
    returns: returns.length,
    pence: { charged, refunded, net: charged - refunded },
    customers: Object.fromEntries(customers),
    units: Object.fromEntries(units),
    rejected
  }
}
