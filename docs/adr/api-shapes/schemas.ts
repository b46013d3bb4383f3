import { z } from 'zod'

// The same messages in every shape.
export const Line = z.object({ sku: z.string(), quantity: z.int(), pence: z.int() })
export const Placed = z.object({
  orderId: z.string(),
  customerId: z.string(),
  lines: z.array(Line),
  total: z.int()
})
export const ByOrder = z.object({ orderId: z.string() })
export const Cancelled = ByOrder.extend({ reason: z.string() })
export const PlaceOrder = z.object({ customerId: z.string(), lines: z.array(Line) })
export const Reserved = ByOrder.extend({ reservation: z.string() })
export const Charged = ByOrder.extend({ receipt: z.string() })
export const Price = z.object({ sku: z.string(), pence: z.int(), sold: z.int(), returned: z.int() })
export const Listed = z.object({ sku: z.string(), pence: z.int() })
export const Nothing = z.object({})
export const Reason = z.object({ reason: z.string() })
export const Units = z.object({ lines: z.array(Line) })
export const Reservation = z.object({ reservation: z.string() })
export const Pence = z.object({ customerId: z.string(), pence: z.int() })
export const Receipt = z.object({ receipt: z.string() })
export const Returned = z.object({ sku: z.string(), quantity: z.int() })
