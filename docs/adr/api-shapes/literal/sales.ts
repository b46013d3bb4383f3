import { refuse } from 'skerry'
import { sales } from './contracts.ts'
import { service, stateMachine } from './shape.ts'

const { OrderAccepted, OrderCancelled, OrderConfirmed } = sales.events

type Order =
  | { status: 'new' }
  | { status: 'accepted' | 'confirmed'; customerId: string; total: number }
  | { status: 'cancelled'; reason: string }

export const order = stateMachine<Order>()(sales, {
  name: 'order',
  initial: { status: 'new' },
  states: {
    new: {
      on: {
        PlaceOrder: {
          emits: 'OrderAccepted',
          decide: (_, { customerId, lines }, { key }) =>
            lines.length === 0
              ? refuse('empty', 'An order has at least one line.')
              : OrderAccepted({
                  orderId: key,
                  customerId,
                  lines,
                  total: lines.reduce((sum, { quantity, pence }) => sum + quantity * pence, 0)
                })
        }
      },
      evolve: {
        OrderAccepted: (_, { customerId, total }) => ({ status: 'accepted', customerId, total })
      }
    },
    accepted: {
      on: {
        CancelOrder: {
          emits: 'OrderCancelled',
          decide: (order, { reason }, { key }) =>
            order.total > 100_000
              ? refuse('too-dear', 'Orders above 1000 pounds are cancelled by telephone.')
              : OrderCancelled({ orderId: key, reason })
        },
        ConfirmOrder: {
          emits: 'OrderConfirmed',
          decide: (_, __, { key }) => OrderConfirmed({ orderId: key })
        }
      },
      evolve: {
        OrderCancelled: (_, { reason }) => ({ status: 'cancelled', reason }),
        OrderConfirmed: (order) => ({ ...order, status: 'confirmed' })
      }
    },
    confirmed: {},
    cancelled: {}
  }
})

export const salesService = service(sales, [order])
