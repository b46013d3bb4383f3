import { z } from 'zod'
import {
  contract,
  processManager,
  projection,
  refuse,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'

const sales = contract('sales')
const Line = z.object({ sku: z.string(), quantity: z.int().min(1), pence: z.int().min(0) })
const Placed = z.object({
  customer: z.string(),
  lines: z.array(Line),
  totalPence: z.int(),
  gift: z.boolean()
})
const OrderPlaced = sales.event('OrderPlaced', Placed)
const OrderCancelled = sales.event('OrderCancelled', z.object({ reason: z.string() }))
const PlaceOrder = sales.command(
  'PlaceOrder',
  z.object({ customer: z.string().min(1), lines: z.array(Line).min(1), gift: z.boolean().optional() })
)
const CancelOrder = sales.command('CancelOrder', z.object({ reason: z.string() }))
const orderRow = z.object({
  customer: z.string(),
  status: z.enum(['placed', 'cancelled']),
  totalPence: z.int(),
  gift: z.boolean(),
  placedMs: z.int(),
  order: z.string()
})
const orders = sales.query('orders', orderRow)

type Order =
  | { readonly status: 'new' }
  | { readonly status: 'placed'; readonly totalPence: number }
  | { readonly status: 'cancelled' }

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderPlaced, { from: 'new', to: 'placed' }, (_, { totalPence }) => ({
    status: 'placed',
    totalPence
  }))
  .evolve(OrderCancelled, { from: 'placed', to: 'cancelled' }, () => ({ status: 'cancelled' }))
  .on(PlaceOrder, { from: 'new', emits: OrderPlaced }, (_, { customer, lines, gift = false }) => {
    const totalPence = lines.reduce((sum, line) => sum + line.quantity * line.pence, 0)
    if (totalPence > 1_000_000)
      return refuse('too-dear', 'An order is 10,000 pounds at most.', { totalPence })
    return OrderPlaced({ customer, lines, totalPence, gift })
  })
  .on(CancelOrder, { from: 'placed', emits: OrderCancelled }, (_, { reason }) => OrderCancelled({ reason }))

const orderList = projection(orders, {
  indexes: ['customer', 'status', 'totalPence', 'gift', 'placedMs', 'order']
})
  .on(
    OrderPlaced,
    (_, { key }) => key,
    (_, { customer, totalPence, gift }, { key, timeMs }) => ({
      customer,
      status: 'placed' as const,
      totalPence,
      gift,
      placedMs: timeMs,
      order: key
    })
  )
  .on(
    OrderCancelled,
    (_, { key }) => key,
    (row) => (row ? { ...row, status: 'cancelled' as const } : null)
  )

const billing = contract('billing')
const Settled = billing.event('Settled', z.object({}))
const Settle = billing.command('Settle', z.object({}), { internal: true })
const Charged = billing.event('Charged', z.object({ pence: z.int() }))
const Charge = billing.command('Charge', z.object({ pence: z.int() }))

type Account = { readonly status: 'open' | 'charged' | 'settled' }
const charge = stateMachine<Account>('charge', { status: 'open' })
  .evolve(Charged, { from: 'open', to: 'charged' }, () => ({ status: 'charged' }))
  .evolve(Settled, { from: 'charged', to: 'settled' }, () => ({ status: 'settled' }))
  .on(Charge, { from: 'open', emits: Charged }, (_, { pence }) => Charged({ pence }))
  .on(Settle, { from: 'charged', emits: Settled }, () => Settled({}))

/** Cannot fold what the customer 'poison' ordered: such an order, and what follows it, becomes a dead letter. */
const ledger = projection<{ readonly pence: number }>('ledger', { initial: { pence: 0 }, indexes: ['pence'] })
  .on(
    OrderPlaced,
    { key: ({ customer }) => customer, reads: ['customer', 'totalPence'] },
    (row, { customer, totalPence }) => {
      if (customer === 'poison') throw new Error('The ledger cannot swallow that.')
      return { pence: row.pence + totalPence }
    }
  )
  .on(
    OrderCancelled,
    () => 'cancellations',
    (row) => row
  )

const fulfilment = contract('fulfilment')
const OrderReady = fulfilment.event('OrderReady', z.object({ orderId: z.string() }))
const readiness = processManager('readiness')
  .startsWith(
    OrderPlaced,
    (_, { key }) => key,
    ({ totalPence }, { key }) => ({ orderId: key, pence: totalPence })
  )
  .step('billed', (step) =>
    step
      .send(({ orderId, pence }) => Charge.for(orderId, { pence }))
      .doneBy(Charged, (_, { key }) => key)
      .stays()
  )
  .completes(({ orderId }) => OrderReady({ orderId }))

/** Three services small enough for a test: orders are placed, charged and made ready. */
export const shop: SystemDefinition = system('corner shop', [
  service(sales, [order, orderList]),
  service(billing, [charge, ledger]),
  service(fulfilment, [readiness])
])
