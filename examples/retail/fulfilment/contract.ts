import { contract } from 'skerry'
import { z } from 'zod'

export const fulfilment = contract('fulfilment')

/** Reserved, paid and confirmed: the order may leave the house. */
export const OrderReadyForShipping = fulfilment.event(
  'OrderReadyForShipping',
  z.object({
    orderId: z.string(),
    customerId: z.string(),
    country: z.string(),
    totalPence: z.int(),
    /** What is to be packed, each stock code once; empty when the order is of services only. */
    items: z.array(z.object({ stockCode: z.string(), quantity: z.int().min(1) }))
  })
)

/** The order could not be fulfilled; everything that was done for it is being undone. */
export const FulfilmentFailed = fulfilment.event(
  'FulfilmentFailed',
  z.object({
    orderId: z.string(),
    customerId: z.string(),
    reason: z.enum(['out-of-stock', 'payment-declined', 'cancelled', 'took-too-long', 'refused'])
  })
)
