import { stateMachine } from 'skerry'
import { nothingToMove } from './charge.ts'
import { CustomerRefunded, RefundCustomer, RefundDeclined, RetryRefund } from './contract.ts'
import { ConfirmRefund, DeclineRefund, RefundRequested } from './own-messages.ts'

type Facts = {
  refundId: string
  customerId: string
  pence: number
  cause: { kind: 'order' | 'return' | 'goodwill'; id: string }
  attempt: number
}

type Refund = { status: 'new' } | { status: 'requested' | 'owed'; facts: Facts } | { status: 'refunded' }

/** A refund, by its id. Money that no card takes stays owed until another card is named. */
export const refund = stateMachine<Refund>('refund', { status: 'new' })
  .evolve(RefundRequested, { from: ['new', 'owed'], to: 'requested' }, (_, { card: _card, ...facts }) => ({
    status: 'requested',
    facts
  }))
  .evolve(CustomerRefunded, { from: ['new', 'requested'], to: 'refunded' }, () => ({ status: 'refunded' }))
  .evolve(RefundDeclined, { from: 'requested', to: 'owed' }, ({ facts }) => ({ status: 'owed', facts }))

  .on(
    RefundCustomer,
    { from: 'new', emits: [RefundRequested, CustomerRefunded] },
    (_, { customerId, card, pence, cause }, { key: refundId }) =>
      pence > 0
        ? RefundRequested({ refundId, customerId, card, pence, cause, attempt: 1 })
        : CustomerRefunded({ refundId, customerId, pence, cause, wasOwed: false, providerId: nothingToMove })
  )
  .on(ConfirmRefund, { from: 'requested', emits: CustomerRefunded }, ({ facts }, { providerId }) => {
    const { refundId, customerId, pence, cause, attempt } = facts
    return CustomerRefunded({ refundId, customerId, pence, cause, wasOwed: attempt > 1, providerId })
  })
  .on(DeclineRefund, { from: 'requested', emits: RefundDeclined }, ({ facts }, { reason }) => {
    const { refundId, customerId, pence, cause, attempt } = facts
    return RefundDeclined({ refundId, customerId, pence, cause, wasOwed: attempt > 1, reason })
  })
  .on(RetryRefund, { from: 'owed', emits: RefundRequested }, ({ facts }, { card }) =>
    RefundRequested({ ...facts, card, attempt: facts.attempt + 1 })
  )
