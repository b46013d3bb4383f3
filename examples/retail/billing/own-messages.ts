import { z } from 'zod'
import { billing } from './contract.ts'

// What billing's actors and machines tell each other: no other service sends or hears these.

const orderId = z.string()
const customerId = z.string()
const card = z.string()
const pence = z.int().min(0)
const reason = z.string().max(500)
const cause = z.object({ kind: z.enum(['order', 'return', 'goodwill']), id: z.string() })

/** The card is to be charged. */
export const ChargeRequested = billing.event(
  'ChargeRequested',
  z.object({ orderId, customerId, card, pence })
)
/** No verdict came in time: the charge is to be made undone, if it ever happened. */
export const ChargeAbandoned = billing.event('ChargeAbandoned', z.object({ orderId, reason }))
/** The card is to be refunded. `attempt` counts the cards that were tried. */
export const RefundRequested = billing.event(
  'RefundRequested',
  z.object({ refundId: z.string(), customerId, card, pence, cause, attempt: z.int().min(1) })
)

/** Key: the order's id. */
export const ConfirmCharge = billing.command('ConfirmCharge', z.object({ providerId: z.string() }), {
  internal: true
})
export const DeclineCharge = billing.command('DeclineCharge', z.object({ reason }), { internal: true })
export const AbandonCharge = billing.command('AbandonCharge', z.object({ reason }), { internal: true })
export const SettleAbandoned = billing.command('SettleAbandoned', z.object({ reversedPence: pence }), {
  internal: true
})

/** Key: the refund's id. */
export const ConfirmRefund = billing.command('ConfirmRefund', z.object({ providerId: z.string() }), {
  internal: true
})
export const DeclineRefund = billing.command('DeclineRefund', z.object({ reason }), { internal: true })
