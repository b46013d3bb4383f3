import { processManager, service } from 'skerry'
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
} from './contracts.ts'

const byOrder = ({ orderId }: { orderId: string }) => orderId

export const fulfilment = processManager('fulfilment')
  .startsWith(OrderAccepted, byOrder)
  .step('stock', (step) =>
    step
      .send(({ orderId, lines }) => ReserveStock.for(orderId, { lines }))
      .doneBy(StockReserved, byOrder, (_, { reservation }) => ({ reservation }))
      .failedBy(OutOfStock, byOrder)
      .undo(({ orderId, reservation }) => ReleaseStock.for(orderId, { reservation }))
  )
  .step('payment', (step) =>
    step
      .after('stock')
      .send(({ orderId, customerId, total }) => ChargeCustomer.for(orderId, { customerId, pence: total }))
      .doneBy(CustomerCharged, byOrder, (_, { receipt }) => ({ receipt }))
      .failedBy(CardDeclined, byOrder)
      .undo(({ orderId, receipt }) => RefundCustomer.for(orderId, { receipt }))
      .timeout({ hours: 24 })
  )
  .step('confirmation', (step) =>
    step
      .after('payment')
      .send(({ orderId }) => ConfirmOrder.for(orderId, {}))
      .doneBy(OrderConfirmed, byOrder)
      .stays()
  )
  .cancelledBy(OrderCancelled, byOrder)
  .fails(({ orderId }, { why, reason }) => (why === 'cancelled' ? [] : CancelOrder.for(orderId, { reason })))

export const fulfilmentService = service(fulfilmentContract, [fulfilment])
