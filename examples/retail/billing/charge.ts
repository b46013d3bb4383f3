import { stateMachine } from 'skerry'
import { ChargeCancelled, ChargeCustomer, CustomerBilled, PaymentDeclined, RefundCharge } from './contract.ts'
import {
  AbandonCharge,
  ChargeAbandoned,
  ChargeRequested,
  ConfirmCharge,
  DeclineCharge,
  SettleAbandoned
} from './own-messages.ts'

type Facts = { orderId: string; customerId: string; card: string; pence: number }

type Charge =
  | { status: 'new' }
  | { status: 'requested' | 'billed'; facts: Facts }
  | { status: 'reversing'; facts: Facts; reason: string }
  | { status: 'declined' | 'cancelled' }

/** What stands for the provider's id where no money had to be moved. */
export const nothingToMove = 'nothing-to-move'

/**
 * The charge for an order, by the order's id. It ends as billed or as declined, never in between: a charge without a
 * verdict is reversed at the provider, which makes certain that the money is not taken, before it counts as declined.
 */
export const charge = stateMachine<Charge>('charge', { status: 'new' })
  .evolve(ChargeRequested, { from: 'new', to: 'requested' }, (_, facts) => ({ status: 'requested', facts }))
  .evolve(ChargeAbandoned, { from: 'requested', to: 'reversing' }, ({ facts }, { reason }) => ({
    status: 'reversing',
    facts,
    reason
  }))
  .evolve(
    CustomerBilled,
    { from: ['new', 'requested'], to: 'billed' },
    (state, { orderId, customerId, pence }) => ({
      status: 'billed',
      facts: state.status === 'requested' ? state.facts : { orderId, customerId, card: nothingToMove, pence }
    })
  )
  .evolve(PaymentDeclined, { from: ['requested', 'reversing'], to: 'declined' }, () => ({
    status: 'declined'
  }))
  .evolve(ChargeCancelled, { from: 'billed', to: 'cancelled' }, () => ({ status: 'cancelled' }))

  .on(
    ChargeCustomer,
    { from: 'new', emits: [ChargeRequested, CustomerBilled] },
    (_, { customerId, card, pence }, { key: orderId }) =>
      pence > 0
        ? ChargeRequested({ orderId, customerId, card, pence })
        : CustomerBilled({ orderId, customerId, pence, providerId: nothingToMove })
  )
  .on(ConfirmCharge, { from: 'requested', emits: CustomerBilled }, ({ facts }, { providerId }) => {
    const { orderId, customerId, pence } = facts
    return CustomerBilled({ orderId, customerId, pence, providerId })
  })
  .on(DeclineCharge, { from: 'requested', emits: PaymentDeclined }, ({ facts }, { reason }) => {
    const { orderId, customerId, pence } = facts
    return PaymentDeclined({ orderId, customerId, pence, reason, reversedPence: 0 })
  })
  .on(AbandonCharge, { from: 'requested', emits: ChargeAbandoned }, ({ facts: { orderId } }, { reason }) =>
    ChargeAbandoned({ orderId, reason })
  )
  .on(
    SettleAbandoned,
    { from: 'reversing', emits: PaymentDeclined },
    ({ facts: { orderId, customerId, pence }, reason }, { reversedPence }) =>
      PaymentDeclined({ orderId, customerId, pence, reason, reversedPence })
  )
  .on(RefundCharge, { from: 'billed', emits: ChargeCancelled }, ({ facts }, { reason }) =>
    ChargeCancelled({ ...facts, reason })
  )
