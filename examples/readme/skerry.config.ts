import { contract, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { z } from 'zod'

const sales = contract('sales')
const PlaceOrder = sales.command('PlaceOrder', z.object({ customerId: z.string(), total: z.int() }))
const CancelOrder = sales.command('CancelOrder', z.object({ reason: z.string() }))
const OrderAccepted = sales.event('OrderAccepted', z.object({ customerId: z.string(), total: z.int() }))
const OrderCancelled = sales.event('OrderCancelled', z.object({ reason: z.string() }))

type Order = { status: 'new' } | { status: 'accepted'; total: number } | { status: 'cancelled' }

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, event) => ({
    status: 'accepted',
    total: event.total
  }))
  .evolve(OrderCancelled, { from: 'accepted', to: 'cancelled' }, () => ({ status: 'cancelled' }))
  .on(PlaceOrder, { from: 'new', emits: OrderAccepted }, (_, command) => OrderAccepted(command))
  .on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, (current, command) =>
    current.total > 100_000 ? refuse('too-large', 'Ask the sales desk.') : OrderCancelled(command)
  )

const orders = projection<{ customerId: string; total: number; open: boolean }>('orders', {
  indexes: ['customerId']
})
  .on(
    OrderAccepted,
    (_, { key }) => key,
    (_, event) => ({ ...event, open: true })
  )
  .on(
    OrderCancelled,
    (_, { key }) => key,
    (row) => (row ? { ...row, open: false } : null)
  )

export default defineConfig({ system: system('shop', [service(sales, [order, orders])]) })
