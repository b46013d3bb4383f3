import { contract } from 'skerry'
import { z } from 'zod'

export const shipping = contract('shipping')

const stockCode = z.string()
/** Units of products, each stock code once; services are not shipped. */
const items = z.array(z.object({ stockCode, quantity: z.int().min(1) }))

const Shipment = z.object({ orderId: z.string(), customerId: z.string(), country: z.string(), items })

/** The shipment of an order is packed. */
export const ShipmentPrepared = shipping.event('ShipmentPrepared', Shipment)
/** The goods have left the house. An order of services only has a shipment without items. */
export const ShipmentDispatched = shipping.event('ShipmentDispatched', Shipment)
/** The customer has the goods. */
export const ShipmentDelivered = shipping.event('ShipmentDelivered', Shipment)
/** Goods of a return have come back. */
export const GoodsReturned = shipping.event(
  'GoodsReturned',
  z.object({ returnId: z.string(), customerId: z.string(), items: items.min(1) })
)

/** Key: the order's id. */
export const PrepareShipment = shipping.command('PrepareShipment', Shipment.omit({ orderId: true }))
export const DispatchShipment = shipping.command('DispatchShipment', z.object({}))
/** The carrier reports that the customer has the goods. */
export const DeliverShipment = shipping.command('DeliverShipment', z.object({}))
/** Key: the return's id. */
export const ReceiveGoods = shipping.command(
  'ReceiveGoods',
  z.object({ customerId: z.string(), items: items.min(1) })
)

/** Shipments, by order id. An order of services only has one without items. */
export const Shipments = shipping.query(
  'shipments',
  z.object({
    orderId: z.string(),
    customerId: z.string(),
    status: z.enum(['prepared', 'dispatched', 'delivered']),
    items,
    units: z.int(),
    preparedMs: z.int(),
    dispatchedMs: z.int(),
    deliveredMs: z.int()
  })
)

/** Goods that came back, by the id of their return; a return of services only has no row. */
export const ReturnedGoods = shipping.query(
  'returned-goods',
  z.object({ returnId: z.string(), customerId: z.string(), items, returnedMs: z.int() })
)

/** Units that have left the house and that came back, by stock code. */
export const ProductUnits = shipping.query(
  'product-units',
  z.object({ stockCode, shipped: z.int(), returned: z.int() })
)
