import { stateMachine } from 'skerry'
import { CustomerNotified, MailUndeliverable } from './contract.ts'
import { RecordSent, RecordUndeliverable } from './own-commands.ts'

type Mail = { status: 'wanted' | 'sent' | 'undeliverable' }

/** A mail, by its id: `confirmation-` or `cancellation-` and the order's id. */
export const mail = stateMachine<Mail>('mail', { status: 'wanted' })
  .evolve(CustomerNotified, { from: 'wanted', to: 'sent' }, () => ({ status: 'sent' }))
  .evolve(MailUndeliverable, { from: 'wanted', to: 'undeliverable' }, () => ({ status: 'undeliverable' }))

  .on(RecordSent, { from: 'wanted', emits: CustomerNotified }, (_, command, { key: mailId }) =>
    CustomerNotified({ mailId, ...command })
  )
  .on(RecordUndeliverable, { from: 'wanted', emits: MailUndeliverable }, (_, command, { key: mailId }) =>
    MailUndeliverable({ mailId, ...command })
  )
