import { type Actor, actor, type EffectContext, type EffectPolicy, type OutgoingMessage } from 'skerry'
import { OrderCancelled, OrderConfirmed } from '../sales/contract.ts'
import { type MailSender, MailTrouble } from './mail-sender.ts'
import { cancellationText, confirmationText, type MailText, type Names } from './mail-text.ts'
import { RecordSent, RecordUndeliverable } from './own-commands.ts'
import { productNames } from './product-names.ts'

/** What the postman needs from outside the service. */
export interface PostOptions {
  readonly sender: MailSender
}

type Addressed = {
  orderId: string
  customerId: string
  email: string
  lines: readonly { stockCode: string }[]
}

const policy: EffectPolicy = {
  timeout: { seconds: 20 },
  retry: { attempts: 1_000, base: { ms: 500 }, max: { seconds: 30 } },
  breaker: { failures: 20, pause: { seconds: 5 } },
  bulkhead: 8
}

/** Where a customer's mail goes: the address of the order, or the one the shop gives every customer. */
export function addressOf({ email, customerId }: { email: string; customerId: string }): string {
  return email === '' ? `${customerId.replace(/[^A-Za-z0-9-]/g, '-').slice(0, 60)}@customers.example` : email
}

/**
 * Tells customers by mail how their order stands. A mail may be handed over twice when something breaks in between;
 * both have the same id, so that its reader sees one.
 */
export function postman({ sender }: PostOptions): Actor {
  async function post(
    about: 'confirmation' | 'cancellation',
    order: Addressed,
    write: (names: Names) => MailText,
    { signal, meta, rows }: EffectContext
  ): Promise<OutgoingMessage> {
    const mailId = `${about}-${order.orderId}`
    const mail = { customerId: order.customerId, to: addressOf(order), about }
    const codes = [...new Set(order.lines.map(({ stockCode }) => stockCode))]
    const known = await rows(productNames, codes)
    const names = new Map([...known].map(([stockCode, { name }]) => [stockCode, name]))
    try {
      await sender.sendMail({ to: mail.to, ...write(names), mailId, writtenMs: meta.timeMs, signal })
      return RecordSent.for(mailId, mail)
    } catch (trouble) {
      if (!(trouble instanceof MailTrouble) || trouble.retriable) throw trouble
      return RecordUndeliverable.for(mailId, { ...mail, reason: trouble.message.slice(0, 500) })
    }
  }

  return actor('postman')
    .effect(OrderConfirmed, policy, (order, context) =>
      post('confirmation', order, (names) => confirmationText(order, names), context)
    )
    .effect(OrderCancelled, policy, (order, context) =>
      post('cancellation', order, (names) => cancellationText(order, names), context)
    )
}
