import { actor, contract, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { Mailbox } from '../outside/mailbox.ts'
import { sent, upTo } from '../outside/sent.ts'

const invoicing = contract('invoicing')
const Invoice = z.object({ invoiceId: z.string(), email: z.string(), pence: z.int() })
const Issue = invoicing.command('Issue', Invoice.omit({ invoiceId: true }))
const Remind = invoicing.command('Remind', z.object({}))
const RecordMail = invoicing.command('RecordMail', z.object({}), { internal: true })
const InvoiceIssued = invoicing.event('InvoiceIssued', Invoice)
const InvoiceReminded = invoicing.event('InvoiceReminded', Invoice.extend({ times: z.int() }))
const InvoiceMailed = invoicing.event('InvoiceMailed', z.object({ invoiceId: z.string() }))

type State =
  | { status: 'new' }
  | { status: 'issued' | 'mailed'; email: string; pence: number; reminders: number; mails: number }

const invoice = stateMachine<State>('invoice', { status: 'new' })
  .evolve(InvoiceIssued, { from: 'new', to: 'issued' }, (_, { email, pence }) => ({
    status: 'issued',
    email,
    pence,
    reminders: 0,
    mails: 0
  }))
  .evolve(InvoiceReminded, { from: ['issued', 'mailed'], to: ['issued', 'mailed'] }, (one, { times }) => ({
    ...one,
    reminders: times
  }))
  .evolve(InvoiceMailed, { from: ['issued', 'mailed'], to: 'mailed' }, (one) => ({
    ...one,
    status: 'mailed',
    mails: one.mails + 1
  }))
  .on(Issue, { from: 'new', emits: InvoiceIssued }, (_, wish, { key: invoiceId }) =>
    InvoiceIssued({ invoiceId, ...wish })
  )
  .on(Remind, { from: ['issued', 'mailed'], emits: InvoiceReminded }, (one, _, { key: invoiceId }) =>
    InvoiceReminded({ invoiceId, email: one.email, pence: one.pence, times: one.reminders + 1 })
  )
  .on(RecordMail, { from: ['issued', 'mailed'], emits: InvoiceMailed }, (_, __, { key: invoiceId }) =>
    InvoiceMailed({ invoiceId })
  )

const postman = (mailbox: Mailbox) =>
  actor('postman')
    .effect(InvoiceIssued, {}, async ({ invoiceId, email, pence }, { idempotencyKey }) => {
      await mailbox.send({ to: email, text: `Invoice ${invoiceId}: ${pence}`, messageId: idempotencyKey })
      return RecordMail.for(invoiceId, {})
    })
    .effect(InvoiceReminded, {}, async ({ invoiceId, email, times }, { idempotencyKey }) => {
      await mailbox.send({ to: email, text: `Reminder ${times} of ${invoiceId}`, messageId: idempotencyKey })
      return RecordMail.for(invoiceId, {})
    })

type World = { mailbox: Mailbox }

export const simulation = defineSimulation<World>({
  outside: () => ({ mailbox: new Mailbox() }),
  system: ({ mailbox }) => system('invoices', [service(invoicing, [invoice, postman(mailbox)])]),
  workload: (random) =>
    upTo(3 + random.below(10)).flatMap((number) => {
      const atMs = random.below(2_000)
      const wish = { email: `${random.pick(['ann', 'bob'])}@example.org`, pence: 100 * (1 + random.below(9)) }
      return [
        sent(Issue.for(`i-${number}`, wish), atMs),
        ...upTo(random.below(3)).map((times) => sent(Remind.for(`i-${number}`, {}), atMs + times * 200))
      ]
    }),
  invariants: [
    invariant<World>('nobody gets a mail twice', ({ outside }) => {
      const { doubled } = outside.mailbox
      return doubled === undefined || `${doubled.to} got '${doubled.text}' twice.`
    }),
    invariant<World>('what is recorded as mailed has arrived', ({ log, outside }) => {
      const recorded = log('invoicing').filter(({ type }) => type === 'InvoiceMailed').length
      return recorded === outside.mailbox.mails.length || `${recorded} mails are recorded.`
    })
  ]
})
