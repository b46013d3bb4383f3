import { contract } from 'skerry'
import { z } from 'zod'

export const billing = contract('billing')

const orderId = z.string()
const customerId = z.string().min(1).max(100)
const pence = z.int().min(0)
const card = z.string().min(1).max(64)
const reason = z.string()

/** What a refund is for: a cancelled order, a return, or the shop's goodwill. */
const cause = z.object({ kind: z.enum(['order', 'return', 'goodwill']), id: z.string().min(1) })

/** The customer has paid for the order. */
export const CustomerBilled = billing.event(
  'CustomerBilled',
  z.object({ orderId, customerId, pence, providerId: z.string() })
)
/**
 * The customer has not paid for the order and never will. `reversedPence` had been taken without an answer in time
 * and is already given back.
 */
export const PaymentDeclined = billing.event(
  'PaymentDeclined',
  z.object({ orderId, customerId, pence, reason, reversedPence: pence })
)
/** The order is called off after it was paid; the customer will be refunded. */
export const ChargeCancelled = billing.event(
  'ChargeCancelled',
  z.object({ orderId, customerId, card, pence, reason })
)
/** The customer has the money back. `wasOwed`: an earlier card had not taken it. */
export const CustomerRefunded = billing.event(
  'CustomerRefunded',
  z.object({ refundId: z.string(), customerId, pence, cause, wasOwed: z.boolean(), providerId: z.string() })
)
/** The card takes no refund: the shop owes the customer this money until another card does. */
export const RefundDeclined = billing.event(
  'RefundDeclined',
  z.object({ refundId: z.string(), customerId, pence, cause, wasOwed: z.boolean(), reason })
)

/** Key: the order's id. Answered by CustomerBilled or PaymentDeclined. */
export const ChargeCustomer = billing.command('ChargeCustomer', z.object({ customerId, card, pence }))
/** Key: the order's id. Only what was charged can be refunded. */
export const RefundCharge = billing.command('RefundCharge', z.object({ reason: z.string().max(500) }))
/** Key: the refund's id. */
export const RefundCustomer = billing.command('RefundCustomer', z.object({ customerId, card, pence, cause }))
/** A refund that was declined, to another card. */
export const RetryRefund = billing.command('RetryRefund', z.object({ card }))

/** Money that was moved for a customer, in pence. `owed`: refunds that no card has taken yet. */
export const CustomerAccount = billing.query(
  'customer-account',
  z.object({ customerId, charged: z.int(), refunded: z.int(), owed: z.int() })
)

/** One row, `all`: the same for all customers together. */
export const AccountTotals = billing.query(
  'account-totals',
  z.object({ charged: z.int(), refunded: z.int(), owed: z.int() })
)

const InvoiceLine = z.object({
  stockCode: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPence: z.int()
})

/** Invoices and credit notes, by the id of the order or return. `settled` once the money has been moved. */
export const Invoices = billing.query(
  'invoices',
  z.object({
    id: z.string(),
    kind: z.enum(['invoice', 'credit-note']),
    customerId: z.string(),
    lines: z.array(InvoiceLine),
    totalPence: z.int(),
    paidPence: z.int(),
    refundedPence: z.int(),
    status: z.enum(['open', 'settled', 'void'])
  })
)
