import type { DataOf } from 'skerry'
import { type Invariant, invariant } from 'skerry/simulator'
import type { Stock, StockReceived } from '../inventory/contract.ts'
import type { ProductUnits, Shipments } from '../shipping/contract.ts'
import {
  differs,
  firstOf,
  isSent,
  ordersOf,
  owedIn,
  rowsOf,
  saidBy,
  statesOf,
  sumOf,
  type Town
} from './town.ts'

interface StockItem {
  readonly onHand: number
  readonly reserved: number
}

interface GoodsReturn {
  readonly status: string
  readonly received?: boolean
}

/** What happens to units that can still be promised. */
const signs: Readonly<Record<string, number>> = {
  StockReceived: 1,
  StockRestocked: 1,
  UnitsFreed: 1,
  UnitsHeld: -1
}

/** What must be true of goods. */
export const promisesOfGoods: readonly Invariant<Town>[] = [
  invariant('stock is conserved', (view) => {
    const received = saidBy<DataOf<typeof StockReceived>>(view, 'inventory', 'StockReceived')
    const units = rowsOf<DataOf<typeof ProductUnits>>(view, 'shipping/product-units')
    const stock = rowsOf<DataOf<typeof Stock>>(view, 'inventory/stock')
    return firstOf(
      [...statesOf<StockItem>(view, 'inventory/stock-item')].map(([code, { onHand, reserved }]) => {
        const came = sumOf(
          received.filter(({ stockCode }) => stockCode === code).map((each) => each.quantity)
        )
        const { shipped = 0, returned = 0 } = units.get(code) ?? {}
        const { onHand: shown, available } = stock.get(code) ?? {}
        const left = came - shipped + returned
        return firstOf([
          differs(`what lies on the shelf of ${code}`, onHand, left),
          differs(`what is kept of ${code} when all is done`, reserved, 0),
          // A stock code that was only ever asked for has no row.
          differs(`what the list says of ${code}`, [shown ?? 0, available ?? 0], [onHand, onHand])
        ])
      })
    )
  }),

  invariant('no unit is promised twice', (view) => {
    const free = new Map<string, number>()
    for (const { type, data, kind } of view.log('inventory')) {
      const sign = kind === 'event' ? signs[type] : undefined
      if (sign === undefined) continue
      const { stockCode, quantity } = data as { readonly stockCode: string; readonly quantity: number }
      const left = (free.get(stockCode) ?? 0) + sign * quantity
      if (left < 0) return `${-left} units of ${stockCode} were promised that were not there`
      free.set(stockCode, left)
    }
    return undefined
  }),

  invariant('what is kept for an order goes out with it or back on the shelf', (view) => {
    const reservations = statesOf<{ readonly status: string }>(view, 'inventory/reservation')
    return firstOf(
      ordersOf(view).map((order) => {
        const { orderId } = order.facts
        const { status } = reservations.get(orderId) ?? { status: 'released' }
        const isRight = isSent(order) ? status === 'collected' : ['released', 'out-of-stock'].includes(status)
        return isRight ? undefined : `${orderId} is ${order.status}, and its reservation is ${status}`
      })
    )
  }),

  invariant('an order that is sent has one shipment, with what was ordered', (view) => {
    const shipments = rowsOf<DataOf<typeof Shipments>>(view, 'shipping/shipments')
    return firstOf(
      ordersOf(view).map((order) => {
        const { orderId, items } = order.facts
        const due = isSent(order) ? items : undefined
        return differs(`what was sent for ${orderId}`, shipments.get(orderId)?.items, due)
      })
    )
  }),

  invariant('a return ends with its goods back and its money paid', (view) => {
    const owed = owedIn(view)
    return firstOf(
      [...statesOf<GoodsReturn>(view, 'sales/return')].map(([returnId, { status, received = false }]) => {
        const isDone = status === 'completed' || (received && owed.has(`return-${returnId}`))
        return isDone ? undefined : `${returnId} is ${status} for ever, goods received: ${received}`
      })
    )
  })
]
