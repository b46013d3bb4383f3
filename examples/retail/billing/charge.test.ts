import { given } from 'skerry/testing'
import { test } from 'vitest'
import { charge, nothingToMove } from './charge.ts'
import { ChargeCancelled, ChargeCustomer, CustomerBilled, PaymentDeclined, RefundCharge } from './contract.ts'
import {
  AbandonCharge,
  ChargeAbandoned,
  ChargeRequested,
  ConfirmCharge,
  DeclineCharge,
  SettleAbandoned
} from './own-messages.ts'

const card = '4000000000000001'
const who = { orderId: '1', customerId: '17850', pence: 3330 }
const requested = ChargeRequested({ ...who, card })
const billed = CustomerBilled({ ...who, providerId: 'ch_1' })

test('a charge is requested, and billed when the provider has taken the money', () => {
  given(charge)
    .when(ChargeCustomer.for('1', { customerId: '17850', card, pence: 3330 }))
    .then(requested)
    .when(ConfirmCharge.for('1', { providerId: 'ch_1' }))
    .then(billed)
    .when(ConfirmCharge.for('1', { providerId: 'ch_1' }))
    .thenRefused('illegal-state')
})

test('an order is charged once', () => {
  given(charge, requested, billed)
    .when(ChargeCustomer.for('1', { customerId: '17850', card, pence: 3330 }))
    .thenRefused('illegal-state')
})

test('an order that costs nothing is billed without the provider', () => {
  given(charge)
    .when(ChargeCustomer.for('1', { customerId: '17850', card, pence: 0 }))
    .then(CustomerBilled({ ...who, pence: 0, providerId: nothingToMove }))
})

test('a declined card is the end of the charge', () => {
  given(charge, requested)
    .when(DeclineCharge.for('1', { reason: 'insufficient-funds' }))
    .then(PaymentDeclined({ ...who, reason: 'insufficient-funds', reversedPence: 0 }))
    .when(RefundCharge.for('1', { reason: 'never mind' }))
    .thenRefused('illegal-state')
})

test('a charge without a verdict counts as declined only when it is reversed', () => {
  given(charge, requested)
    .when(AbandonCharge.for('1', { reason: 'no answer' }))
    .then(ChargeAbandoned({ orderId: '1', reason: 'no answer' }))
    .when(ConfirmCharge.for('1', { providerId: 'ch_1' }))
    .thenRefused('illegal-state')
    .when(SettleAbandoned.for('1', { reversedPence: 3330 }))
    .then(PaymentDeclined({ ...who, reason: 'no answer', reversedPence: 3330 }))
})

test('what was billed can be called off once', () => {
  given(charge, requested, billed)
    .when(RefundCharge.for('1', { reason: 'cancelled' }))
    .then(ChargeCancelled({ ...who, card, reason: 'cancelled' }))
    .when(RefundCharge.for('1', { reason: 'cancelled' }))
    .thenRefused('illegal-state')
  given(charge, requested)
    .when(RefundCharge.for('1', { reason: 'cancelled' }))
    .thenRefused('illegal-state')
})
