import type { OutgoingMessage } from 'skerry'
import {
  CancelOrder,
  CardDeclined,
  ChargeCustomer,
  ConfirmOrder,
  CustomerCharged,
  fulfilment as fulfilmentContract,
  OrderAccepted,
  OrderCancelled,
  OrderConfirmed,
  OutOfStock,
  RefundCustomer,
  ReleaseStock,
  ReserveStock,
  StockReserved
} from '../chained/contracts.ts'
import { type Happening, type Outcome, processManager, service } from './shape.ts'

type Event =
  | typeof OrderAccepted
  | typeof OrderCancelled
  | typeof OrderConfirmed
  | typeof StockReserved
  | typeof OutOfStock
  | typeof CustomerCharged
  | typeof CardDeclined

interface Order {
  orderId: string
  customerId: string
  total: number
}

type Fulfilment =
  | { status: 'new' }
  | ({ status: 'reserving' } & Order)
  | ({ status: 'charging'; reservation: string } & Order)
  | ({ status: 'confirming'; reservation: string; receipt: string } & Order)
  | ({ status: 'failed' } & Order)
  | ({ status: 'completed' } & Order)

/** Everything that is done is undone, newest first; what is said to sales depends on who ended it. */
function fail(
  state: Exclude<Fulfilment, { status: 'new' }>,
  reason: string,
  cancelled = false
): Outcome<Fulfilment> {
  const { orderId, customerId, total } = state
  const say: OutgoingMessage[] = []
  if (state.status === 'confirming') say.push(RefundCustomer.for(orderId, { receipt: state.receipt }))
  if (state.status === 'confirming' || state.status === 'charging')
    say.push(ReleaseStock.for(orderId, { reservation: state.reservation }))
  if (!cancelled) say.push(CancelOrder.for(orderId, { reason }))
  return {
    state: { status: 'failed', orderId, customerId, total },
    say,
    timers: [{ cancelTimer: 'payment' }]
  }
}

export function react(state: Fulfilment, happening: Happening<Event>): Outcome<Fulfilment> {
  if (happening.type === 'OrderAccepted') {
    if (state.status !== 'new') return { state }
    const { orderId, customerId, lines, total } = happening.data
    const say = [ReserveStock.for(orderId, { lines })]
    return { state: { status: 'reserving', orderId, customerId, total }, say }
  }
  if (state.status === 'new' || state.status === 'completed') return { state }
  const { orderId, customerId, total } = state
  switch (happening.type) {
    case 'StockReserved': {
      const { reservation } = happening.data
      if (state.status === 'failed') return { state, say: [ReleaseStock.for(orderId, { reservation })] }
      if (state.status !== 'reserving') return { state }
      return {
        state: { ...state, status: 'charging', reservation },
        say: [ChargeCustomer.for(orderId, { customerId, pence: total })],
        timers: [{ timer: 'payment', hours: 24 }]
      }
    }
    case 'CustomerCharged': {
      const { receipt } = happening.data
      if (state.status === 'failed') return { state, say: [RefundCustomer.for(orderId, { receipt })] }
      if (state.status !== 'charging') return { state }
      return {
        state: { ...state, status: 'confirming', receipt },
        say: [ConfirmOrder.for(orderId, {})],
        timers: [{ cancelTimer: 'payment' }]
      }
    }
    case 'OrderConfirmed':
      if (state.status !== 'confirming') return { state }
      return { state: { status: 'completed', orderId, customerId, total } }
    case 'OutOfStock':
    case 'CardDeclined':
      return state.status === 'failed' ? { state } : fail(state, happening.type)
    case 'OrderCancelled':
      return state.status === 'failed' ? { state } : fail(state, 'cancelled', true)
    case 'timer':
      return state.status === 'charging' ? fail(state, 'timeout') : { state }
    case 'refused':
      return state.status === 'failed' ? { state } : fail(state, happening.reason)
  }
}

export const fulfilment = processManager<Fulfilment, Event>({
  name: 'fulfilment',
  initial: { status: 'new' },
  events: [
    OrderAccepted,
    OrderCancelled,
    OrderConfirmed,
    StockReserved,
    OutOfStock,
    CustomerCharged,
    CardDeclined
  ],
  key: (event) => event.data.orderId,
  react
})

export const fulfilmentService = service(fulfilmentContract, [fulfilment])
