import { contract } from 'skerry'
import { z } from 'zod'

export const inventory = contract('inventory')

const stockCode = z.string().min(1).max(40)
const quantity = z.int().min(1).max(100_000_000)
const location = z.string().min(1).max(40)
const orderId = z.string()

/** Units of one product. In a list of them, each stock code comes once. */
const Item = z.object({ stockCode, quantity })
const items = z.array(Item)

/** Units have come in from a supplier and lie at the location. */
export const StockReceived = inventory.event('StockReceived', Item.extend({ location }))
/** Units that a customer sent back lie on the shelf again. */
export const StockRestocked = inventory.event('StockRestocked', Item)

/** Every unit that the order needs is kept for it. */
export const StockReserved = inventory.event('StockReserved', z.object({ orderId, items }))
/** The order cannot be reserved whole. Nothing is kept for it; `short` names every code that was too few. */
export const OutOfStock = inventory.event(
  'OutOfStock',
  z.object({
    orderId,
    short: z.array(z.object({ stockCode, wanted: z.int(), available: z.int() })).min(1),
    freed: items
  })
)
/** What was reserved for the order may be sold to others; no items when nothing was reserved yet. */
export const StockReleased = inventory.event('StockReleased', z.object({ orderId, items }))
/** A reservation that was released before it was whole has come to its end: nothing is kept for it. */
export const ReservationWithdrawn = inventory.event(
  'ReservationWithdrawn',
  z.object({ orderId, freed: items })
)
/** What was reserved for the order has left the warehouse. */
export const StockCollected = inventory.event('StockCollected', z.object({ orderId, items }))

/** Key: the stock code. */
export const ReceiveStock = inventory.command(
  'ReceiveStock',
  z.object({ quantity, location: location.optional() })
)
/** Key: the order's id. A stock code may come in several lines; an order without items is reserved at once. */
export const ReserveStock = inventory.command('ReserveStock', z.object({ items: items.max(2_500) }))
/** Key: the order's id. Also before the reservation is whole; what comes late is freed as it comes. */
export const ReleaseStock = inventory.command('ReleaseStock', z.object({}))

/** What lies where, by stock code. `available` is what can still be reserved. */
export const Stock = inventory.query(
  'stock',
  z.object({ stockCode, onHand: z.int(), reserved: z.int(), available: z.int(), location: z.string() })
)

/** How the reservation of an order stands, by order id. */
export const Reservations = inventory.query(
  'reservations',
  z.object({
    orderId,
    status: z.enum(['reserving', 'reserved', 'out-of-stock', 'released', 'collected']),
    units: z.int()
  })
)
