import { contract, type MessageMeta, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineConfig } from 'skerry/config'
import { z } from 'zod'

const Purchase = z.object({ customerId: z.string(), total: z.int() })
const Reason = z.object({ reason: z.string() })

const sales = contract('sales')
const PlaceOrder = sales.command('PlaceOrder', Purchase)
const CancelOrder = sales.command('CancelOrder', Reason)
const OrderAccepted = sales.event('OrderAccepted', Purchase)
const OrderCancelled = sales.event('OrderCancelled', Reason)

type Order = { status: 'new' } | { status: 'accepted'; total: number } | { status: 'cancelled' }

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, { total }) => ({ status: 'accepted', total }))
  .evolve(OrderCancelled, { from: 'accepted', to: 'cancelled' }, () => ({ status: 'cancelled' }))
  .on(PlaceOrder, { from: 'new', emits: OrderAccepted }, (_, command) => OrderAccepted(command))
  .on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, ({ total }, command) =>
    total > 100_000 ? refuse('too-large', 'Ask the sales desk.') : OrderCancelled(command)
  )

type Row = { customerId: string; total: number; open: boolean }
const byOrder = (_: unknown, { key }: MessageMeta) => key

const orders = projection<Row>('orders', { indexes: ['customerId'] })
  .on(OrderAccepted, byOrder, (_, purchase) => ({ ...purchase, open: true }))
  .on(OrderCancelled, byOrder, (row) => (row ? { ...row, open: false } : null))

export default defineConfig({ system: system('shop', [service(sales, [order, orders])]) })
