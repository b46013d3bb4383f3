import { refuse } from 'skerry'
import {
  CancelOrder,
  ConfirmOrder,
  OrderAccepted,
  OrderCancelled,
  OrderConfirmed,
  PlaceOrder,
  sales
} from '../chained/contracts.ts'
import { type CommandOf, type Context, type EventOf, service, stateMachine } from './shape.ts'

type Order =
  | { status: 'new' }
  | { status: 'accepted' | 'confirmed'; customerId: string; total: number }
  | { status: 'cancelled'; reason: string }

type Command = typeof PlaceOrder | typeof CancelOrder | typeof ConfirmOrder
type Event = typeof OrderAccepted | typeof OrderCancelled | typeof OrderConfirmed

const illegal = (order: Order, command: string) =>
  refuse('illegal-state', `${command}: the order is ${order.status}.`)

export function decide(order: Order, command: CommandOf<Command>, { key }: Context) {
  switch (command.type) {
    case 'PlaceOrder': {
      if (order.status !== 'new') return illegal(order, command.type)
      const { customerId, lines } = command.data
      if (lines.length === 0) return refuse('empty', 'An order has at least one line.')
      const total = lines.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
      return OrderAccepted({ orderId: key, customerId, lines, total })
    }
    case 'CancelOrder':
      if (order.status !== 'accepted') return illegal(order, command.type)
      return order.total > 100_000
        ? refuse('too-dear', 'Orders above 1000 pounds are cancelled by telephone.')
        : OrderCancelled({ orderId: key, reason: command.data.reason })
    case 'ConfirmOrder':
      if (order.status !== 'accepted') return illegal(order, command.type)
      return OrderConfirmed({ orderId: key })
  }
}

export function evolve(order: Order, event: EventOf<Event>): Order {
  switch (event.type) {
    case 'OrderAccepted': {
      const { customerId, total } = event.data
      return { status: 'accepted', customerId, total }
    }
    case 'OrderCancelled':
      return { status: 'cancelled', reason: event.data.reason }
    case 'OrderConfirmed':
      return order.status === 'accepted' ? { ...order, status: 'confirmed' } : order
  }
}

export const order = stateMachine<Order, Command, Event>({
  name: 'order',
  initial: { status: 'new' },
  commands: [PlaceOrder, CancelOrder, ConfirmOrder],
  events: [OrderAccepted, OrderCancelled, OrderConfirmed],
  decide,
  evolve
})

export const salesService = service(sales, [order])
