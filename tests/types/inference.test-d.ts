import { type } from 'arktype'
import {
  actor,
  type CommandMessage,
  contract,
  type DataOf,
  type EventMessage,
  type EventType,
  processManager,
  projection,
  refuse,
  stateMachine
} from 'skerry'
import { given, timeout } from 'skerry/testing'
import * as v from 'valibot'
import { z } from 'zod'
import { same } from './same.ts'
import {
  AcceptOrder,
  ChargeCustomer,
  CustomerCharged,
  type Order,
  OrderAccepted,
  OrderCancelled,
  OrderShipped,
  prices,
  ReleaseStock,
  ReserveStock,
  ShipOrder,
  StockReserved,
  StockShort
} from './shop.ts'

interface Line {
  sku: string
  quantity: number
}
type Accepted = { status: 'accepted'; total: number; customerId: string }

// Messages have the data of their schema, of any library with Standard Schema, after defaults and transforms.
const messages = contract('messages')
const Zod = messages.event('Zod', z.object({ at: z.string(), n: z.int().default(1) }))
const Valibot = messages.event('Valibot', v.object({ at: v.string(), n: v.optional(v.number(), 1) }))
const Arktype = messages.command('Arktype', type({ at: 'string', 'n?': 'number' }))
same<DataOf<typeof Zod>, { at: string; n: number }>(true)
same<DataOf<typeof Valibot>, { at: string; n: number }>(true)
same<DataOf<typeof Arktype>, { at: string; n?: number }>(true)
same<typeof Zod, EventType<'Zod', { at: string; n: number }>>(true)
same<ReturnType<typeof Zod>, EventMessage<'Zod', { at: string; n: number }>>(true)
same<ReturnType<typeof Arktype.for>, CommandMessage<'Arktype', { at: string; n?: number }>>(true)

// A decision and an evolve see the states they are legal from and no others.
const order = stateMachine<Order>('order', { status: 'new' })
  .evolve(OrderAccepted, { from: 'new', to: 'accepted' }, (state, event, meta) => {
    same<typeof state, { status: 'new' }>(true)
    same<typeof event, { orderId: string; customerId: string; lines: Line[]; total: number }>(true)
    same<keyof typeof meta, 'key' | 'timeMs' | 'correlationId' | 'causationId'>(true)
    return { status: 'accepted', total: event.total, customerId: event.customerId }
  })
  .evolve(OrderShipped, { from: ['accepted'], to: 'shipped' }, (state) => {
    same<typeof state, Accepted>(true)
    return { status: 'shipped', total: state.total }
  })
  .evolve(OrderCancelled, { to: 'cancelled' }, (state) => {
    same<typeof state, Order>(true)
    return { status: 'cancelled', total: 'total' in state ? state.total : 0 }
  })
  .on(AcceptOrder, { from: 'new', emits: OrderAccepted }, (state, command, context) => {
    same<typeof state, { status: 'new' }>(true)
    same<typeof command, { customerId: string; lines: Line[] }>(true)
    same<keyof typeof context, 'key' | 'nowMs' | 'commandId'>(true)
    return OrderAccepted({ ...command, orderId: context.key, total: 1 })
  })
  .on(ShipOrder, { from: ['accepted'], emits: [OrderShipped, OrderCancelled] }, (state, _, { key }) => {
    same<typeof state, Accepted>(true)
    if (state.total > 100) return refuse('too-dear', 'It costs too much.')
    return state.total > 3 ? OrderShipped({ orderId: key }) : OrderCancelled({ orderId: key, reason: '' })
  })

// What a step adds is there for its own undoing, for the steps after it and at the end.
interface Start {
  orderId: string
  pence: number
}
const fulfilment = processManager('fulfilment')
  .startsWith(
    OrderAccepted,
    (event, meta) => event.orderId + meta.key,
    (event): Start => ({ orderId: event.orderId, pence: event.total })
  )
  .step('stock', (step) =>
    step
      .send((kept) => {
        same<typeof kept, Start>(true)
        return ReserveStock.for(kept.orderId, { lines: [] })
      })
      .doneBy(
        StockReserved,
        (event) => event.orderId,
        (kept, event) => {
          same<typeof kept, Start>(true)
          return { reservation: event.reservation }
        }
      )
      .failedBy(
        StockShort,
        (event) => event.orderId,
        (event) => {
          same<typeof event, DataOf<typeof StockShort>>(true)
          return event.orderId
        }
      )
      .undo((kept) => {
        same<typeof kept, Start & { reservation: string }>(true)
        return ReleaseStock.for(kept.orderId, { reservation: kept.reservation })
      })
  )
  .step('notice', (step) => step.doneBy(OrderShipped, (event) => event.orderId))
  .step('payment', (step) =>
    step
      .after('stock', 'notice')
      .send((kept) => {
        same<typeof kept, Start & { reservation: string }>(true)
        return ChargeCustomer.for(kept.reservation, { pence: kept.pence })
      })
      .doneBy(
        CustomerCharged,
        (event) => event.orderId,
        (_, event) => ({ paid: event.pence })
      )
  )
  .completes((kept) => {
    same<typeof kept.paid, number>(true)
    same<typeof kept.reservation, string>(true)
    return OrderShipped({ orderId: kept.orderId })
  })
  .fails((kept, failure) => {
    same<typeof kept.paid, number | undefined>(true)
    same<typeof kept.orderId, string>(true)
    same<typeof failure.why, 'failed' | 'refused' | 'timeout' | 'cancelled'>(true)
    return []
  })

// A fold sees the fields it reads; the row is that of the query, or undefined before the first event.
const price = projection(prices, { indexes: ['pence'] })
  .on(
    OrderAccepted,
    { key: (event) => event.lines.map((line) => line.sku), reads: ['lines'] },
    (row, event) => {
      same<typeof row, { sku: string; pence: number } | undefined>(true)
      same<typeof event, Pick<DataOf<typeof OrderAccepted>, 'lines'>>(true)
      return { sku: 'a', pence: 1 }
    }
  )
  .on(
    OrderCancelled,
    (event) => event.orderId,
    () => null
  )
projection<{ n: number }>('counted', { initial: { n: 0 } }).on(
  OrderShipped,
  (event) => event.orderId,
  (row) => {
    same<typeof row, { n: number }>(true)
    return { n: row.n + 1 }
  }
)

// Which fields a fold sees is said by `reads` alone, never by the parameter of a shared key function.
const byOrder = ({ orderId }: { orderId: string }): string => orderId
projection<{ lines: number }>('line-counts').on(OrderAccepted, byOrder, (_, event) => {
  same<typeof event, DataOf<typeof OrderAccepted>>(true)
  return { lines: event.lines.length }
})

// A scenario takes the messages of its unit, and of a process also the timers of its steps.
const mail = actor('mail').on(OrderShipped, () => undefined)
given(order).when(ShipOrder.for('o1', {})).thenState({ status: 'new' })
given(price)
  .when(OrderCancelled({ orderId: 'o1', reason: '' }))
  .thenRow('a', { sku: 'a', pence: 1 })
given(mail)
  .when(OrderShipped({ orderId: 'o1' }))
  .then()
given(fulfilment).when(timeout('payment')).thenKeeps({ orderId: 'o1', pence: 1, paid: 3 })
same<
  Parameters<ReturnType<typeof given<typeof order>>['when']>[0],
  CommandMessage<'AcceptOrder' | 'ShipOrder'>
>(true)
