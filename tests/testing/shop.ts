import { actor, contract, processManager, projection, refuse, stateMachine } from 'skerry'
import { z } from 'zod'

const sales = contract('sales')
const warehouse = contract('warehouse')
const bank = contract('bank')

const OrderId = z.object({ orderId: z.string() })
export const OrderAccepted = sales.event('OrderAccepted', OrderId.extend({ total: z.int().min(0) }))
export const OrderCancelled = sales.event('OrderCancelled', OrderId.extend({ reason: z.string() }))
export const OrderReady = sales.event('OrderReady', OrderId)
export const AcceptOrder = sales.command(
  'AcceptOrder',
  z.object({ total: z.int(), note: z.string().default('') })
)
export const CancelOrder = sales.command('CancelOrder', z.object({ reason: z.string() }))

export const StockReserved = warehouse.event('StockReserved', OrderId)
export const StockShort = warehouse.event('StockShort', OrderId)
export const ReserveStock = warehouse.command('ReserveStock', z.object({ units: z.int() }))
export const ReleaseStock = warehouse.command('ReleaseStock', z.object({}))

export const CustomerCharged = bank.event('CustomerCharged', OrderId.extend({ pence: z.int() }))
export const ChargeCustomer = bank.command('ChargeCustomer', z.object({ pence: z.int().max(1000) }))

const totals = sales.query('totals', z.object({ total: z.int().max(1000), views: z.int() }))

export type Order =
  | { status: 'new' }
  | { status: 'accepted'; total: number; acceptedMs: number }
  | { status: 'cancelled'; reason: string }

export const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (_, event, meta) => ({
    status: 'accepted',
    total: event.total,
    acceptedMs: meta.timeMs
  }))
  .evolve(OrderCancelled, { from: 'accepted', to: 'cancelled' }, (_, event) => ({
    status: 'cancelled',
    reason: event.reason
  }))
  .on(AcceptOrder, { from: 'new', emits: OrderAccepted }, (_, command, { key }) =>
    OrderAccepted({ orderId: key, total: command.total })
  )
  .on(CancelOrder, { from: 'accepted', emits: OrderCancelled }, (state, command, { key, nowMs }) =>
    nowMs - state.acceptedMs > 3_600_000
      ? refuse('too-late', 'The hour is over.')
      : OrderCancelled({ orderId: key, reason: command.reason })
  )

export const fulfilment = processManager('fulfilment')
  .startsWith(OrderAccepted, (event) => event.orderId)
  .step('stock', (step) =>
    step
      .send((kept) => ReserveStock.for(kept.orderId, { units: 1 }))
      .doneBy(StockReserved, (event) => event.orderId)
      .failedBy(StockShort, (event) => event.orderId)
      .undo((kept) => ReleaseStock.for(kept.orderId, {}))
  )
  .step('payment', (step) =>
    step
      .after('stock')
      .send((kept) => ChargeCustomer.for(kept.orderId, { pence: kept.total }))
      .doneBy(
        CustomerCharged,
        (event) => event.orderId,
        (kept, event) => ({ ...kept, total: event.pence })
      )
      .stays()
      .timeout({ hours: 24 })
  )
  .deadline({ days: 3 })
  .completes((kept) => OrderReady({ orderId: kept.orderId }))
  .fails((kept, failure) => OrderCancelled({ orderId: kept.orderId, reason: failure.why }))

export const orderTotals = projection(totals, { initial: { total: 0, views: 0 }, indexes: ['total'] })
  .on(OrderAccepted, { key: (event) => event.orderId, reads: ['orderId', 'total'] }, (row, event) => ({
    total: row.total + event.total,
    views: row.views
  }))
  .on(
    OrderCancelled,
    (event) => event.orderId,
    () => null
  )
  .on(
    OrderReady,
    (event) => [event.orderId, 'all'],
    (row) => ({ ...row, views: row.views + 1 })
  )

export const mail = actor('mail')
  .on(OrderAccepted, (event) =>
    event.total > 0 ? ChargeCustomer.for(event.orderId, { pence: event.total }) : []
  )
  .effect(
    OrderCancelled,
    { fallback: (event, _meta, reason) => OrderReady({ orderId: `${event.orderId} ${reason}` }) },
    async (event, { idempotencyKey, attempt }) =>
      OrderReady({ orderId: `${event.orderId} ${idempotencyKey} ${attempt}` })
  )

/** Orders with one event that a test gives, to see each check of the kit fail. */
export function orderThat(evolve: (state: { status: 'new' }, event: { readonly total: number }) => unknown) {
  return stateMachine<Order>('order', { status: 'new' }).evolve(
    OrderAccepted,
    { from: 'new', to: 'accepted' },
    evolve as () => Extract<Order, { status: 'accepted' }>
  )
}
