import { contract } from 'skerry'
import { z } from 'zod'

export const riders = contract('riders')

export const RegisterRider = riders.command('RegisterRider', z.object({ email: z.email() }))
export const RecordBounce = riders.command(
  'RecordBounce',
  z.object({ rideId: z.string(), reason: z.string() })
)

export const RiderRegistered = riders.event(
  'RiderRegistered',
  z.object({ riderId: z.string(), email: z.string() })
)
export const MailBounced = riders.event(
  'MailBounced',
  z.object({ riderId: z.string(), rideId: z.string(), reason: z.string() })
)
