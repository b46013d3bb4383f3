import { z } from 'zod'
import { notifications } from './contract.ts'

// What the postman reports back: no other service sends these. Key: the mail's id.

const mail = { customerId: z.string(), to: z.string(), about: z.enum(['confirmation', 'cancellation']) }

export const RecordSent = notifications.command('RecordSent', z.object(mail), { internal: true })
export const RecordUndeliverable = notifications.command(
  'RecordUndeliverable',
  z.object({ ...mail, reason: z.string().max(500) }),
  { internal: true }
)
