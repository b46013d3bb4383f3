import { actor } from 'skerry'
import { OrderReadyForShipping } from '../fulfilment/contract.ts'
import { ReturnAccepted } from '../sales/contract.ts'
import { DispatchShipment, PrepareShipment, ReceiveGoods, ShipmentPrepared } from './contract.ts'

/**
 * Packs and dispatches without a person: an order that is ready leaves the house, and what is returned is booked in
 * on the customer's word. A return of services only brings no goods.
 */
export const dispatcher = actor('dispatcher')
  .on(OrderReadyForShipping, ({ orderId, customerId, country, items }) =>
    PrepareShipment.for(orderId, { customerId, country, items })
  )
  .on(ShipmentPrepared, ({ orderId }) => DispatchShipment.for(orderId, {}))
  .on(ReturnAccepted, ({ returnId, customerId, items }) =>
    items.length > 0 ? ReceiveGoods.for(returnId, { customerId, items }) : undefined
  )
