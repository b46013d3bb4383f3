import { actor } from 'skerry'
import { CustomerRefunded } from '../billing/contract.ts'
import { GoodsReturned, ShipmentDelivered, ShipmentDispatched } from '../shipping/contract.ts'
import { RecordDelivery, RecordDispatch, RecordReceipt, RecordRefund } from './own-commands.ts'

/** Keeps the orders and returns up to date with what the other services say of them. */
export const orderDesk = actor('order-desk')
  .on(ShipmentDispatched, ({ orderId }) => RecordDispatch.for(orderId, {}))
  .on(ShipmentDelivered, ({ orderId }) => RecordDelivery.for(orderId, {}))
  .on(GoodsReturned, ({ returnId }) => RecordReceipt.for(returnId, {}))
  .on(CustomerRefunded, ({ cause }) => (cause.kind === 'return' ? RecordRefund.for(cause.id, {}) : undefined))
