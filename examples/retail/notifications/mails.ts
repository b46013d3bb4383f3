import { projection } from 'skerry'
import { CustomerNotified, Mails, MailUndeliverable } from './contract.ts'

/** What customers were told, and what did not reach them. */
export const mails = projection(Mails, { indexes: ['customerId', 'about', 'status'] })
  .on(
    CustomerNotified,
    ({ mailId }) => mailId,
    (_, { mailId, customerId, to, about }) => ({
      mailId,
      customerId,
      to,
      about,
      status: 'sent'
    })
  )
  .on(
    MailUndeliverable,
    ({ mailId }) => mailId,
    (_, { mailId, customerId, to, about }) => ({
      mailId,
      customerId,
      to,
      about,
      status: 'undeliverable'
    })
  )
