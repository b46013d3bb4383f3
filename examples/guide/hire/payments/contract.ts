import { contract } from 'skerry'
import { z } from 'zod'

export const payments = contract('payments')

export const TakePayment = payments.command(
  'TakePayment',
  z.object({ riderId: z.string(), card: z.string(), pence: z.int().positive() })
)
export const RefundPayment = payments.command('RefundPayment', z.object({}))

export const PaymentTaken = payments.event(
  'PaymentTaken',
  z.object({ rideId: z.string(), riderId: z.string(), pence: z.int(), receipt: z.string() })
)
export const PaymentDeclined = payments.event(
  'PaymentDeclined',
  z.object({ rideId: z.string(), reason: z.string() })
)
export const PaymentRefunded = payments.event(
  'PaymentRefunded',
  z.object({ rideId: z.string(), pence: z.int(), receipt: z.string() })
)
