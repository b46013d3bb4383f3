import { actor } from 'skerry'
import { ReturnAccepted } from '../sales/contract.ts'
import { ChargeCancelled, RefundCustomer } from './contract.ts'

/** Starts the refunds that follow from what happened elsewhere: a cancelled charge, a return. */
export const refundDesk = actor('refund-desk')
  .on(ChargeCancelled, ({ orderId, customerId, card, pence }) =>
    RefundCustomer.for(`order-${orderId}`, { customerId, card, pence, cause: { kind: 'order', id: orderId } })
  )
  .on(ReturnAccepted, ({ returnId, customerId, card, refundPence }) =>
    RefundCustomer.for(`return-${returnId}`, {
      customerId,
      card,
      pence: refundPence,
      cause: { kind: 'return', id: returnId }
    })
  )
