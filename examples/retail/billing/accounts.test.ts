import { given } from 'skerry/testing'
import { test } from 'vitest'
import { OrderAccepted, OrderCancelled, ReturnAccepted } from '../sales/contract.ts'
import { CustomerBilled, CustomerRefunded, PaymentDeclined, RefundDeclined } from './contract.ts'
import { accountTotals, customerAccount } from './customer-account.ts'
import { invoices } from './invoices.ts'

const customerId = '17850'
const billed = CustomerBilled({ orderId: '1', customerId, pence: 3330, providerId: 'ch_1' })
const refund = { refundId: 'return-C1', customerId, pence: 510, cause: { kind: 'return' as const, id: 'C1' } }
const refunded = CustomerRefunded({ ...refund, wasOwed: false, providerId: 're_1' })
const declined = PaymentDeclined({
  orderId: '2',
  customerId,
  pence: 700,
  reason: 'no answer',
  reversedPence: 700
})

const line = { stockCode: '85123A', name: 'HEART HOLDER', quantity: 2, unitPence: 255 }
const lines = [{ ...line, kind: 'product' as const }]
const items = [{ stockCode: '85123A', quantity: 2 }]
const facts = { orderId: '1', customerId, email: '', country: '', lines, items, totalPence: 510 }
const accepted = OrderAccepted({ ...facts, card: '4000000000000001' })
const cancelled = OrderCancelled({ ...facts, reason: 'cancelled' })
const paid = CustomerBilled({ orderId: '1', customerId, pence: 510, providerId: 'ch_1' })

test('an account adds up what was charged and refunded', () => {
  given(customerAccount)
    .when(billed, refunded)
    .thenRow(customerId, { customerId, charged: 3330, refunded: 510, owed: 0 })
    .when(CustomerBilled({ orderId: '3', customerId: 'guest-3', pence: 1, providerId: 'ch_2' }))
    .thenRow('guest-3', { customerId: 'guest-3', charged: 1, refunded: 0, owed: 0 })
})

test('a charge that was reversed was charged and refunded, and one that was declined was neither', () => {
  given(customerAccount)
    .when(PaymentDeclined({ orderId: '4', customerId, pence: 9, reason: 'declined', reversedPence: 0 }))
    .thenRow(customerId, { customerId, charged: 0, refunded: 0, owed: 0 })
    .when(declined)
    .thenRow(customerId, { customerId, charged: 700, refunded: 700, owed: 0 })
})

test('money that no card takes is owed once, however many cards are tried', () => {
  const again = { ...refund, wasOwed: true }
  given(customerAccount)
    .when(
      RefundDeclined({ ...refund, wasOwed: false, reason: 'account-closed' }),
      RefundDeclined({ ...again, reason: 'account-closed' })
    )
    .thenRow(customerId, { customerId, charged: 0, refunded: 0, owed: 510 })
    .when(CustomerRefunded({ ...again, providerId: 're_1' }))
    .thenRow(customerId, { customerId, charged: 0, refunded: 510, owed: 0 })
})

test('the totals are the sum of the accounts', () => {
  given(accountTotals)
    .when(billed, refunded, declined, RefundDeclined({ ...refund, wasOwed: false, reason: 'account-closed' }))
    .thenRows({ all: { charged: 4030, refunded: 1210, owed: 510 } })
})

const invoice = {
  id: '1',
  kind: 'invoice' as const,
  customerId,
  lines: [line],
  totalPence: 510,
  paidPence: 0,
  refundedPence: 0
}

test('an invoice is open until it is paid, whoever speaks first', () => {
  given(invoices)
    .when(accepted)
    .thenRow('invoice-1', { ...invoice, status: 'open' })
    .when(paid)
    .thenRow('invoice-1', { ...invoice, paidPence: 510, status: 'settled' })
  given(invoices)
    .when(paid, accepted)
    .thenRow('invoice-1', { ...invoice, paidPence: 510, status: 'settled' })
})

test('the invoice of a cancelled order is void, in whatever order its payment and refund are heard', () => {
  const back = CustomerRefunded({
    refundId: 'order-1',
    customerId,
    pence: 510,
    cause: { kind: 'order', id: '1' },
    wasOwed: false,
    providerId: 're_1'
  })
  const row = { ...invoice, paidPence: 510, refundedPence: 510, status: 'void' as const }
  given(invoices).when(accepted, paid, cancelled, back).thenRow('invoice-1', row)
  given(invoices).when(paid, back, accepted, cancelled).thenRow('invoice-1', row)
  given(invoices).when(accepted, cancelled, paid, back).thenRow('invoice-1', row)
})

test('a return has a credit note that is open until it is refunded, and goodwill has none', () => {
  const returned = ReturnAccepted({
    returnId: 'C1',
    customerId,
    card: '4000000000000001',
    lines,
    items,
    refundPence: 510
  })
  const note = { ...invoice, id: 'C1', kind: 'credit-note' as const }
  given(invoices)
    .when(returned)
    .thenRow('credit-note-C1', { ...note, status: 'open' })
    .when(refunded)
    .thenRow('credit-note-C1', { ...note, refundedPence: 510, status: 'settled' })
  given(invoices)
    .when(
      CustomerRefunded({
        ...refund,
        cause: { kind: 'goodwill', id: 'g1' },
        wasOwed: false,
        providerId: 're_2'
      })
    )
    .thenRows({})
})
