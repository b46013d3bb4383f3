import { processManager, stateMachine } from 'skerry'
import { type Order, OrderAccepted, OrderCancelled } from './shop.ts'

/** What the snippets of this directory go on from. */
export const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, event) => ({
    status: 'accepted',
    total: event.total,
    customerId: event.customerId
  }))
  .evolve(OrderCancelled, { from: 'accepted', to: 'cancelled' }, (state, event) => ({
    status: 'cancelled',
    total: state.total,
    reason: event.reason
  }))

export const fulfilment = processManager('fulfilment').startsWith(OrderAccepted, (event) => event.orderId)
