import { contract } from 'skerry'
import { z } from 'zod'

export const notifications = contract('notifications')

const Mail = z.object({
  mailId: z.string(),
  customerId: z.string(),
  to: z.string(),
  about: z.enum(['confirmation', 'cancellation'])
})

/** The mail server has taken the mail. */
export const CustomerNotified = notifications.event('CustomerNotified', Mail)
/** The mail server will never take the mail. */
export const MailUndeliverable = notifications.event('MailUndeliverable', Mail.extend({ reason: z.string() }))

/** Mails that were sent or could not be sent, by mail id. */
export const Mails = notifications.query('mails', Mail.extend({ status: z.enum(['sent', 'undeliverable']) }))

/** Notifications' own copy of what products are called, by stock code. */
export const ProductNames = notifications.query(
  'product-names',
  z.object({ stockCode: z.string(), name: z.string() })
)
