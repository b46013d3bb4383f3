import { type DataOf, refuse, stateMachine } from 'skerry'
import {
  CancelOrder,
  ConfirmOrder,
  OrderAccepted,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderShipped,
  PlaceOrder,
  RejectOrder
} from './contract.ts'
import { itemsOf, totalOf, totalPenceMax, withKinds } from './lines.ts'
import { RecordDelivery, RecordDispatch } from './own-commands.ts'

type Facts = DataOf<typeof OrderConfirmed>

type Order =
  | { status: 'new' }
  | { status: 'accepted' | 'ready' | 'shipped' | 'completed' | 'cancelled'; facts: Facts }

/**
 * An order, by its id. It is the one place that decides between the customer who cancels and the warehouse that is
 * ready: whoever asks first while the order is accepted gets it, and the other is refused.
 */
export const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, { card: _card, ...facts }) => ({
    status: 'accepted',
    facts
  }))
  .evolve(OrderConfirmed, { from: 'accepted', to: 'ready' }, (order) => ({ ...order, status: 'ready' }))
  .evolve(OrderShipped, { from: 'ready', to: 'shipped' }, (order) => ({ ...order, status: 'shipped' }))
  .evolve(OrderCompleted, { from: 'shipped', to: 'completed' }, (order) => ({
    ...order,
    status: 'completed'
  }))
  .evolve(OrderCancelled, { from: 'accepted', to: 'cancelled' }, (order) => ({
    ...order,
    status: 'cancelled'
  }))

  .on(PlaceOrder, { from: 'new', emits: OrderAccepted }, (_, command, { key }) => {
    const { customerId, email = '', country = '', card, lines } = command
    const totalPence = totalOf(lines)
    if (totalPence > totalPenceMax) {
      return refuse('total-too-large', 'Orders above 10 million pounds are agreed in person.', {
        totalPenceMax
      })
    }
    const ordered = { lines: withKinds(lines), items: itemsOf(lines), totalPence }
    return OrderAccepted({ orderId: key, customerId, email, country, card, ...ordered })
  })
  .on(ConfirmOrder, { from: 'accepted', emits: OrderConfirmed }, ({ facts }) => OrderConfirmed(facts))
  .on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, ({ facts }, { reason }) =>
    OrderCancelled({ ...facts, reason })
  )
  .on(RejectOrder, { from: 'accepted', emits: OrderCancelled }, ({ facts }, { reason }) =>
    OrderCancelled({ ...facts, reason })
  )
  .on(RecordDispatch, { from: 'ready', emits: OrderShipped }, ({ facts: { orderId, customerId } }) =>
    OrderShipped({ orderId, customerId })
  )
  .on(RecordDelivery, { from: 'shipped', emits: OrderCompleted }, ({ facts: { orderId, customerId } }) =>
    OrderCompleted({ orderId, customerId })
  )
