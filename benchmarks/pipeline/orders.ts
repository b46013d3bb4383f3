import {
  actor,
  contract,
  processManager,
  projection,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from 'skerry'
import { z } from 'zod'

const sales = contract('sales')
const billing = contract('billing')
const fulfilment = contract('fulfilment')

const Line = z.object({ productId: z.string(), quantity: z.int().positive(), pence: z.int().positive() })

const PlaceOrder = sales.command('PlaceOrder', z.object({ customerId: z.string(), lines: z.array(Line) }))
const OrderAccepted = sales.event(
  'OrderAccepted',
  z.object({ orderId: z.string(), customerId: z.string(), lines: z.array(Line), total: z.int() })
)
const Charge = billing.command('Charge', z.object({ orderId: z.string(), pence: z.int().positive() }))
const CustomerBilled = billing.event(
  'CustomerBilled',
  z.object({ orderId: z.string(), customerId: z.string(), pence: z.int() })
)
const OrderReadyForShipping = fulfilment.event('OrderReadyForShipping', z.object({ orderId: z.string() }))

type Order = { status: 'new' } | { status: 'accepted'; customerId: string; total: number }

const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, { customerId, total }) => ({
    status: 'accepted',
    customerId,
    total
  }))
  .on(PlaceOrder, { from: 'new', emits: OrderAccepted }, (_, { customerId, lines }, { key }) =>
    OrderAccepted({
      orderId: key,
      customerId,
      lines,
      total: lines.reduce((sum, line) => sum + line.quantity * line.pence, 0)
    })
  )

/** A row of the read model that the pipeline ends in. */
export interface OrderRow {
  readonly status: 'accepted' | 'ready'
  readonly customerId: string
  readonly total: number
}

const ordersRow: OrderRow = { status: 'accepted', customerId: '', total: 0 }

// The two events come from two services and may be folded in either order, most of all in a rebuild.
const orders = projection<OrderRow>('orders', { indexes: ['status'], initial: ordersRow })
  .on(
    OrderAccepted,
    { key: (event) => event.orderId, reads: ['orderId', 'customerId', 'total'] },
    (row, { customerId, total }) => ({ ...row, customerId, total })
  )
  .on(
    OrderReadyForShipping,
    (event) => event.orderId,
    (row) => ({ ...row, status: 'ready' })
  )

/** What a customer has ordered and paid so far. */
export interface CustomerRow {
  readonly orders: number
  readonly ordered: number
  readonly charged: number
}

// Few rows over many events.
const customers = projection<CustomerRow>('customers', { initial: { orders: 0, ordered: 0, charged: 0 } })
  .on(
    OrderAccepted,
    { key: (event) => event.customerId, reads: ['customerId', 'total'] },
    (row, { total }) => ({ ...row, orders: row.orders + 1, ordered: row.ordered + total })
  )
  .on(
    CustomerBilled,
    { key: (event) => event.customerId, reads: ['customerId', 'pence'] },
    (row, { pence }) => ({ ...row, charged: row.charged + pence })
  )

/** The account of a customer. */
export interface Account {
  readonly status: 'open'
  readonly charges: number
  readonly pence: number
}

const account = stateMachine<Account>('account', { status: 'open', charges: 0, pence: 0 })
  .evolve(CustomerBilled, { to: 'open' }, ({ charges, pence }, event) => ({
    status: 'open',
    charges: charges + 1,
    pence: pence + event.pence
  }))
  .on(Charge, { from: 'open', emits: CustomerBilled }, (_, command, { key }) =>
    CustomerBilled({ ...command, customerId: key })
  )

const charging = actor('charging').on(OrderAccepted, ({ customerId, orderId, total }) =>
  Charge.for(customerId, { orderId, pence: total })
)

const shipping = processManager('shipping')
  .startsWith(
    OrderAccepted,
    (event) => event.orderId,
    ({ orderId }) => ({ orderId })
  )
  .step('billed', (step) => step.doneBy(CustomerBilled, (event) => event.orderId).timeout({ hours: 1 }))
  .completes(({ orderId }) => OrderReadyForShipping({ orderId }))

/** What sales may have beside what the pipeline needs. */
export interface OrderSystemOptions {
  readonly withCustomers?: boolean
}

/**
 * PlaceOrder -> OrderAccepted (sales) -> CustomerBilled (billing) -> OrderReadyForShipping (fulfilment) -> the order
 * is `ready` in the read model of sales.
 */
export function orderSystem({ withCustomers = false }: OrderSystemOptions = {}): SystemDefinition {
  return system('orders', [
    service(sales, [order, orders, ...(withCustomers ? [customers] : [])]),
    service(billing, [account, charging]),
    service(fulfilment, [shipping])
  ])
}
