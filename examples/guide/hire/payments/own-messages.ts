import { z } from 'zod'
import { payments } from './contract.ts'

// What payments says to itself: the request that its card desk carries out, and how that ended.

export const PaymentRequested = payments.event(
  'PaymentRequested',
  z.object({ rideId: z.string(), riderId: z.string(), card: z.string(), pence: z.int() })
)
export const RefundRequested = payments.event(
  'RefundRequested',
  z.object({ rideId: z.string(), pence: z.int(), receipt: z.string() })
)
export const RecordPayment = payments.command('RecordPayment', z.object({ receipt: z.string() }), {
  internal: true
})
export const RecordDecline = payments.command('RecordDecline', z.object({ reason: z.string() }), {
  internal: true
})
export const RecordRefund = payments.command('RecordRefund', z.object({ receipt: z.string() }), {
  internal: true
})
