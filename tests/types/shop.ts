import { contract } from 'skerry'
import { z } from 'zod'

export const sales = contract('sales')
const Line = z.object({ sku: z.string(), quantity: z.int() })
export const OrderAccepted = sales.event(
  'OrderAccepted',
  z.object({ orderId: z.string(), customerId: z.string(), lines: z.array(Line), total: z.int() })
)
export const OrderCancelled = sales.event(
  'OrderCancelled',
  z.object({ orderId: z.string(), reason: z.string() })
)
export const OrderShipped = sales.event('OrderShipped', z.object({ orderId: z.string() }))
export const AcceptOrder = sales.command(
  'AcceptOrder',
  z.object({ customerId: z.string(), lines: z.array(Line) })
)
export const CancelOrder = sales.command('CancelOrder', z.object({ reason: z.string() }))
export const ShipOrder = sales.command('ShipOrder', z.object({}))
export const prices = sales.query('prices', z.object({ sku: z.string(), pence: z.int() }))

export const stock = contract('stock')
export const StockReserved = stock.event(
  'StockReserved',
  z.object({ orderId: z.string(), reservation: z.string() })
)
export const StockShort = stock.event('StockShort', z.object({ orderId: z.string() }))
export const ReserveStock = stock.command('ReserveStock', z.object({ lines: z.array(Line) }))
export const ReleaseStock = stock.command('ReleaseStock', z.object({ reservation: z.string() }))

export const billing = contract('billing')
export const CustomerCharged = billing.event(
  'CustomerCharged',
  z.object({ orderId: z.string(), pence: z.int() })
)
export const CardDeclined = billing.event('CardDeclined', z.object({ orderId: z.string() }))
export const ChargeCustomer = billing.command('ChargeCustomer', z.object({ pence: z.int() }))

export type Order =
  | { status: 'new' }
  | { status: 'accepted'; total: number; customerId: string }
  | { status: 'cancelled' | 'shipped'; total: number; reason?: string }
