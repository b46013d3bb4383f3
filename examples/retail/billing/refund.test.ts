import { given } from 'skerry/testing'
import { test } from 'vitest'
import { ReturnAccepted } from '../sales/contract.ts'
import { nothingToMove } from './charge.ts'
import { ChargeCancelled, CustomerRefunded, RefundCustomer, RefundDeclined, RetryRefund } from './contract.ts'
import { ConfirmRefund, DeclineRefund, RefundRequested } from './own-messages.ts'
import { refund } from './refund.ts'
import { refundDesk } from './refund-desk.ts'

const card = '4000000000000001'
const cause = { kind: 'return' as const, id: 'C1' }
const who = { refundId: 'return-C1', customerId: '14527', pence: 3260, cause }
const requested = RefundRequested({ ...who, card, attempt: 1 })

test('a refund is requested, and done when the card has taken it', () => {
  given(refund)
    .when(RefundCustomer.for('return-C1', { customerId: '14527', card, pence: 3260, cause }))
    .then(requested)
    .when(ConfirmRefund.for('return-C1', { providerId: 're_1' }))
    .then(CustomerRefunded({ ...who, wasOwed: false, providerId: 're_1' }))
    .when(RefundCustomer.for('return-C1', { customerId: '14527', card, pence: 3260, cause }))
    .thenRefused('illegal-state')
})

test('a refund of nothing is done without the provider', () => {
  given(refund)
    .when(RefundCustomer.for('return-C1', { customerId: '14527', card, pence: 0, cause }))
    .then(CustomerRefunded({ ...who, pence: 0, wasOwed: false, providerId: nothingToMove }))
})

test('money that a card does not take stays owed until another card does', () => {
  const other = '4000000000000005'
  given(refund, requested)
    .when(DeclineRefund.for('return-C1', { reason: 'account-closed' }))
    .then(RefundDeclined({ ...who, wasOwed: false, reason: 'account-closed' }))
    .thenStatus('owed')
    .when(RetryRefund.for('return-C1', { card: other }))
    .then(RefundRequested({ ...who, card: other, attempt: 2 }))
    .when(DeclineRefund.for('return-C1', { reason: 'account-closed' }))
    .then(RefundDeclined({ ...who, wasOwed: true, reason: 'account-closed' }))
    .when(RetryRefund.for('return-C1', { card }))
    .then(RefundRequested({ ...who, card, attempt: 3 }))
    .when(ConfirmRefund.for('return-C1', { providerId: 're_1' }))
    .then(CustomerRefunded({ ...who, wasOwed: true, providerId: 're_1' }))
})

test('a cancelled charge and a return lead to a refund each, under ids that never meet', () => {
  given(refundDesk)
    .when(ChargeCancelled({ orderId: 'C1', customerId: '14527', card, pence: 5, reason: 'cancelled' }))
    .then(
      RefundCustomer.for('order-C1', {
        customerId: '14527',
        card,
        pence: 5,
        cause: { kind: 'order', id: 'C1' }
      })
    )
  given(refundDesk)
    .when(
      ReturnAccepted({
        returnId: 'C1',
        customerId: '14527',
        card,
        lines: [{ stockCode: 'D', name: 'Discount', quantity: 1, unitPence: 3260, kind: 'service' }],
        items: [],
        refundPence: 3260
      })
    )
    .then(RefundCustomer.for('return-C1', { customerId: '14527', card, pence: 3260, cause }))
})
