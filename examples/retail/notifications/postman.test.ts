import { given, perform } from 'skerry/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProductListed, ProductRenamed } from '../catalog/contract.ts'
import { OrderCancelled, OrderConfirmed } from '../sales/contract.ts'
import { mailSender, type SmtpSender } from '../sandbox/mail-client.ts'
import { type MailInbox, startMailInbox } from '../sandbox/mail-inbox.ts'
import { CustomerNotified, MailUndeliverable } from './contract.ts'
import { mail } from './mail.ts'
import { mails } from './mails.ts'
import { RecordSent, RecordUndeliverable } from './own-commands.ts'
import { addressOf, postman } from './postman.ts'
import { productNames } from './product-names.ts'

let inbox: MailInbox
let sender: SmtpSender

beforeAll(async () => {
  inbox = await startMailInbox({ port: 0 })
  sender = mailSender({ url: inbox.url, from: 'orders@retail.example' })
})

afterAll(async () => {
  sender.close()
  await inbox.close()
})

const rows = { 'product-names': { '85123A': { stockCode: '85123A', name: 'CREAM HOLDER' } } }
const post = () => postman({ sender })

const order = (orderId: string, email: string) => ({
  orderId,
  customerId: '17850',
  email,
  country: '',
  lines: [{ stockCode: '85123A', name: 'old name', quantity: 6, unitPence: 255, kind: 'product' as const }],
  items: [{ stockCode: '85123A', quantity: 6 }],
  totalPence: 1530
})

test('a customer is told in the words of the service itself, once, however often it is tried', async () => {
  const confirmed = OrderConfirmed(order('1', 'ann@example.org'))
  const said = [
    RecordSent.for('confirmation-1', { customerId: '17850', to: 'ann@example.org', about: 'confirmation' })
  ]
  expect(await perform(post(), confirmed, { rows })).toEqual(said)
  expect(await perform(post(), confirmed, { attempt: 2, rows })).toEqual(said)
  const mails = inbox.messages({ to: 'ann@example.org' })
  expect(mails).toHaveLength(1)
  expect(mails[0]).toMatchObject({ subject: 'Your order 1 is confirmed', deliveries: 2 })
  expect(mails[0]?.text).toContain('6 x CREAM HOLDER (85123A)')
})

test('a customer without an address is written to at the shop’s own', async () => {
  expect(addressOf({ email: '', customerId: 'guest-536365' })).toBe('guest-536365@customers.example')
  expect(addressOf({ email: '', customerId: 'Ann <x@y>' })).toBe('Ann--x-y-@customers.example')
  const cancelled = OrderCancelled({ ...order('2', ''), reason: 'out-of-stock' })
  expect(await perform(post(), cancelled)).toMatchObject([{ type: 'RecordSent', key: 'cancellation-2' }])
  expect(inbox.messages({ to: '17850@customers.example' })).toMatchObject([
    { subject: 'Your order 2 is cancelled' }
  ])
})

test('a mail that the server will never take is reported, and one that it may take later is tried again', async () => {
  const closed = mailSender({ url: 'smtp://127.0.0.1:1', from: 'orders@retail.example' })
  const later = postman({ sender: closed })
  await expect(perform(later, OrderConfirmed(order('3', '')))).rejects.toMatchObject({ name: 'MailTrouble' })
  closed.close()

  const said = await perform(post(), OrderConfirmed(order('4', 'nobody at all')))
  expect(said).toMatchObject([{ type: 'RecordUndeliverable', key: 'confirmation-4' }])
})

test('a mail is sent or undeliverable, and the list says which', () => {
  const about = { customerId: '17850', to: 'ann@example.org', about: 'confirmation' as const }
  const sent = { mailId: 'confirmation-1', ...about }
  given(mail)
    .when(RecordSent.for('confirmation-1', about))
    .then(CustomerNotified(sent))
    .when(RecordSent.for('confirmation-1', about))
    .thenRefused('illegal-state')
  given(mail)
    .when(RecordUndeliverable.for('confirmation-1', { ...about, reason: 'no such address' }))
    .then(MailUndeliverable({ ...sent, reason: 'no such address' }))
  given(mails)
    .when(CustomerNotified(sent))
    .thenRow('confirmation-1', { ...sent, status: 'sent' })
    .when(MailUndeliverable({ ...sent, mailId: 'confirmation-2', reason: 'no such address' }))
    .thenRow('confirmation-2', { ...sent, mailId: 'confirmation-2', status: 'undeliverable' })
})

test('notifications has its own copy of product names', () => {
  const holder = { stockCode: '85123A', name: 'HEART HOLDER', listPence: 255 }
  given(productNames)
    .when(ProductListed(holder), ProductRenamed({ ...holder, name: 'CREAM HOLDER' }))
    .thenRows({ '85123A': { stockCode: '85123A', name: 'CREAM HOLDER' } })
})
