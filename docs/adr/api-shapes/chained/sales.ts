import { refuse, service, stateMachine } from 'skerry'
import {
  CancelOrder,
  ConfirmOrder,
  OrderAccepted,
  OrderCancelled,
  OrderConfirmed,
  PlaceOrder,
  sales
} from './contracts.ts'

type Order =
  | { status: 'new' }
  | { status: 'accepted' | 'confirmed'; customerId: string; total: number }
  | { status: 'cancelled'; reason: string }

export const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, { customerId, total }) => ({
    status: 'accepted',
    customerId,
    total
  }))
  .evolve(OrderCancelled, { from: 'accepted', to: 'cancelled' }, (_, { reason }) => ({
    status: 'cancelled',
    reason
  }))
  .evolve(OrderConfirmed, { from: 'accepted', to: 'confirmed' }, (order) => ({
    ...order,
    status: 'confirmed'
  }))
  .on(PlaceOrder, { from: 'new', emits: OrderAccepted }, (_, { customerId, lines }, { key }) =>
    lines.length === 0
      ? refuse('empty', 'An order has at least one line.')
      : OrderAccepted({
          orderId: key,
          customerId,
          lines,
          total: lines.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
        })
  )
  .on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, (order, { reason }, { key }) =>
    order.total > 100_000
      ? refuse('too-dear', 'Orders above 1000 pounds are cancelled by telephone.')
      : OrderCancelled({ orderId: key, reason })
  )
  .on(ConfirmOrder, { from: 'accepted', emits: OrderConfirmed }, (_, __, { key }) =>
    OrderConfirmed({ orderId: key })
  )

export const salesService = service(sales, [order])
