import { type DataOf, type ProcessFailure, processManager } from 'skerry'
import { ChargeCustomer, CustomerBilled, PaymentDeclined, RefundCharge } from '../billing/contract.ts'
import {
  OutOfStock,
  ReleaseStock,
  ReservationWithdrawn,
  ReserveStock,
  StockReserved
} from '../inventory/contract.ts'
import {
  ConfirmOrder,
  OrderAccepted,
  OrderCancelled,
  OrderConfirmed,
  RejectOrder
} from '../sales/contract.ts'
import { FulfilmentFailed, OrderReadyForShipping } from './contract.ts'

/** Other services may be away for a day before an order is given up. */
const patience = { days: 1 }

/** Why an order was not fulfilled, as the customer is told. */
function reasonOf({ step, why }: ProcessFailure): DataOf<typeof FulfilmentFailed>['reason'] {
  if (why === 'cancelled') return 'cancelled'
  if (why === 'timeout') return 'took-too-long'
  if (why === 'failed' && step === 'reserve') return 'out-of-stock'
  if (why === 'failed' && step === 'bill') return 'payment-declined'
  return 'refused'
}

/**
 * Brings an accepted order to the door: stock, then money, then the word of sales that the customer still wants it.
 * Whatever fails, and whenever the answer comes, what was done is undone: the charge first, then the stock. The
 * undoing is not waited for, so that a payment provider that is away holds up neither the stock nor the customer;
 * billing and inventory see it through.
 */
export const orderFulfilment = processManager('order-fulfilment')
  .startsWith(
    OrderAccepted,
    ({ orderId }) => orderId,
    ({ orderId, customerId, country, card, items, totalPence }) => ({
      orderId,
      customerId,
      country,
      card,
      items,
      totalPence
    })
  )
  .step('reserve', (step) =>
    step
      .send(({ orderId, items }) => ReserveStock.for(orderId, { items }))
      .doneBy(StockReserved, ({ orderId }) => orderId)
      .failedBy(OutOfStock, ({ orderId }) => orderId)
      .failedBy(ReservationWithdrawn, ({ orderId }) => orderId)
      .undo(({ orderId }) => ReleaseStock.for(orderId, {}))
      .timeout(patience)
  )
  .step('bill', (step) =>
    step
      .after('reserve')
      .send(({ orderId, customerId, card, totalPence }) =>
        ChargeCustomer.for(orderId, { customerId, card, pence: totalPence })
      )
      .doneBy(CustomerBilled, ({ orderId }) => orderId)
      .failedBy(PaymentDeclined, ({ orderId }) => orderId)
      .undo(({ orderId }) => RefundCharge.for(orderId, { reason: 'The order was not fulfilled.' }))
      .timeout(patience)
  )
  .step('confirm', (step) =>
    step
      .after('bill')
      .send(({ orderId }) => ConfirmOrder.for(orderId, {}))
      .doneBy(OrderConfirmed, ({ orderId }) => orderId)
      .stays()
  )
  .cancelledBy(OrderCancelled, ({ orderId }) => orderId)
  .completes(({ orderId, customerId, country, items, totalPence }) =>
    OrderReadyForShipping({ orderId, customerId, country, items, totalPence })
  )
  .fails(({ orderId, customerId }, failure) => {
    const reason = reasonOf(failure)
    const failed = FulfilmentFailed({ orderId, customerId, reason })
    return reason === 'cancelled' ? failed : [RejectOrder.for(orderId, { reason }), failed]
  })
