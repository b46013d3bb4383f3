import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandMessage, DataOf } from 'skerry'
import { localBus } from 'skerry/local'
import { guardedEffects, systemClock, systemIds } from 'skerry/node'
import type { Store } from 'skerry/ports'
import { type RunningSystem, startSystem } from 'skerry/runtime'
import { sqliteStore } from 'skerry/sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ListProduct, RenameProduct } from './catalog/contract.ts'
import { ReceiveStock, type Stock } from './inventory/contract.ts'
import { retail } from './retail.ts'
import { CancelOrder, type OrderHistory, PlaceOrder, ReturnGoods } from './sales/contract.ts'
import { mailSender, type SmtpSender } from './sandbox/mail-client.ts'
import { type MailInbox, startMailInbox } from './sandbox/mail-inbox.ts'
import { paymentClient } from './sandbox/payment-client.ts'
import { type RunningProvider, startPaymentProvider } from './sandbox/payment-provider.ts'
import { testCards } from './sandbox/test-cards.ts'

const directory = mkdtempSync(join(tmpdir(), 'retail-flow-'))
const clock = systemClock()
const unheard = (): void => undefined

/** The provider's answers that come late wait here while the bank is held. */
const bank = { isHeld: false, waiting: [] as (() => void)[] }

function schedule(run: () => void, delayMs: number): () => void {
  if (!bank.isHeld) return clock.schedule(delayMs, run)
  bank.waiting.push(run)
  return unheard
}

let provider: RunningProvider
let inbox: MailInbox
let sender: SmtpSender
let shop: RunningSystem
const stores = new Map<string, Store>()

async function open(): Promise<RunningSystem> {
  const system = retail({
    payments: { provider: paymentClient({ url: () => provider.url }), attemptMs: 800, patienceMs: 0 },
    post: { sender }
  })
  const running = await startSystem(system, {
    openStore: async (service) => {
      const store = await sqliteStore({ service, file: join(directory, `${service}.db`) })
      stores.set(service, store)
      return store
    },
    bus: localBus(),
    clock,
    ids: systemIds(),
    log: { debug: unheard, info: unheard, warn: unheard, error: unheard },
    effects: () => guardedEffects()
  })
  return running
}

beforeAll(async () => {
  provider = await startPaymentProvider({
    port: 0,
    dataFile: join(directory, 'payments.db'),
    lateMs: 300,
    schedule
  })
  inbox = await startMailInbox({ port: 0 })
  sender = mailSender({ url: inbox.url, from: 'orders@retail.example' })
  shop = await open()
})

afterAll(async () => {
  await shop.stop()
  sender.close()
  await Promise.all([provider.close(), inbox.close()])
  rmSync(directory, { recursive: true })
})

async function tell({ service, type, key, data }: CommandMessage): Promise<void> {
  const answer = await shop.service(service).send({ type, key, data })
  if (answer.outcome === 'refused') throw new Error(`${type} ${key}: ${answer.refusal.reason}`)
}

async function row<Row>(service: string, projection: string, key: string): Promise<Row> {
  return (await shop.service(service).row(projection, key)) as Row
}

const holder = (quantity: number) => ({ stockCode: '85123A', name: 'as ordered', quantity, unitPence: 255 })
const lantern = (quantity: number) => ({ stockCode: '71053', name: 'LANTERN', quantity, unitPence: 339 })
const postage = { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 1800 }

type Lines = DataOf<typeof PlaceOrder>['lines']

const place = (orderId: string, card: { number: string }, lines: Lines) =>
  tell(PlaceOrder.for(orderId, { customerId: `c-${orderId}`, card: card.number, lines }))

async function howOrdersEnded(): Promise<Record<string, string>> {
  const query = { filters: [], orderBy: 'key', descending: false, limit: 100 }
  const { rows } = await shop.service('sales').query('order-history', query)
  return Object.fromEntries(
    rows.map(({ key, data }) => {
      const { status, reason } = data as DataOf<typeof OrderHistory>
      return [key, reason === '' ? status : `${status}: ${reason}`]
    })
  )
}

test('orders ship or are cancelled with everything given back, whatever stock and cards do', async () => {
  await tell(ListProduct.for('85123A', { name: 'HEART HOLDER', listPence: 295 }))
  await tell(RenameProduct.for('85123A', { name: 'CREAM HOLDER' }))
  await tell(ReceiveStock.for('85123A', { quantity: 100, location: 'A-12' }))
  await tell(ReceiveStock.for('71053', { quantity: 5 }))
  await shop.idle()

  await Promise.all([
    place('plain', testCards.approved, [holder(6), postage, holder(4), lantern(1)]),
    place('late', testCards.late, [holder(1)]),
    place('silent-charged', testCards.silentCharged, [holder(1)]),
    place('unavailable', testCards.unavailableTwice, [holder(1)]),
    place('services', testCards.approved, [postage]),
    place('free', testCards.approved, [{ ...holder(1), unitPence: 0 }]),
    place('declined', testCards.insufficientFunds, [holder(10)]),
    place('silent', testCards.silentNotCharged, [holder(10)]),
    place('unknown-card', { number: '4000000000009999' }, [holder(10)]),
    place('too-many', testCards.approved, [holder(10), lantern(6)])
  ])
  await shop.idle()
  await expect.poll(howOrdersEnded, { timeout: 30_000, interval: 100 }).toEqual({
    plain: 'shipped',
    late: 'shipped',
    'silent-charged': 'shipped',
    unavailable: 'shipped',
    services: 'shipped',
    free: 'shipped',
    declined: 'cancelled: payment-declined',
    silent: 'cancelled: payment-declined',
    'unknown-card': 'cancelled: payment-declined',
    'too-many': 'cancelled: out-of-stock'
  })
  await shop.idle()

  const shipped = 11 + 1 + 1 + 1
  const charged = 10 * 255 + 1800 + 339 + 3 * 255 + 1800
  expect(provider.totals()).toMatchObject({ charged, refunded: 0 })
  expect(await row('billing', 'account-totals', 'all')).toEqual({ charged, refunded: 0, owed: 0 })
  expect(await row<DataOf<typeof Stock>>('inventory', 'stock', '85123A')).toEqual({
    stockCode: '85123A',
    onHand: 100 - shipped,
    reserved: 0,
    available: 100 - shipped,
    location: 'A-12'
  })
  expect(await row('shipping', 'product-units', '85123A')).toMatchObject({ shipped, returned: 0 })
  expect(await row('sales', 'order-totals', 'all')).toMatchObject({
    orders: { accepted: 10, confirmed: 6, shipped: 6, cancelled: 4, open: 0 }
  })
}, 60_000)

test('customers are written to once, with the names that notifications has learned from the catalogue', async () => {
  await expect.poll(() => inbox.totals().mails, { timeout: 10_000 }).toBe(10)
  const [confirmation] = inbox.messages({ to: 'c-plain@customers.example' })
  expect(confirmation?.subject).toBe('Your order plain is confirmed')
  expect(confirmation?.text).toContain('6 x CREAM HOLDER (85123A): £15.30')
  expect(confirmation?.text).toContain('1 x LANTERN (71053): £3.39')
  const [cancellation] = inbox.messages({ to: 'c-too-many@customers.example' })
  expect(cancellation?.text).toContain('Not everything you ordered is in stock')
})

test('a return is accepted on its own word, refunded once, and its goods can be sold again', async () => {
  const { refunded } = provider.totals()
  await tell(
    ReturnGoods.for('C1', {
      customerId: 'c-plain',
      card: testCards.approved.number,
      lines: [holder(2), { stockCode: '22139', name: '', quantity: 3, unitPence: 425 }, postage]
    })
  )
  await tell(
    ReturnGoods.for('C2', {
      customerId: 'c-plain',
      card: testCards.approved.number,
      lines: [{ stockCode: 'D', name: 'Discount', quantity: 1, unitPence: 2750 }]
    })
  )
  await tell(
    ReturnGoods.for('C3', {
      customerId: 'guest-C3',
      card: testCards.approved.number,
      lines: [{ stockCode: '22140', name: 'free gift', quantity: 1, unitPence: 0 }]
    })
  )
  await shop.idle()
  const back = 510 + 1275 + 1800 + 2750
  expect(provider.totals().refunded - refunded).toBe(back)
  expect(await row('sales', 'order-totals', 'all')).toMatchObject({
    returns: { accepted: 3, completed: 3, open: 0 }
  })
  expect(await row('billing', 'customer-account', 'c-plain')).toMatchObject({ refunded: back, owed: 0 })
  expect(await row('billing', 'customer-account', 'guest-C3')).toMatchObject({ charged: 0, refunded: 0 })
  expect(await row('shipping', 'product-units', '22139')).toMatchObject({ shipped: 0, returned: 3 })
  expect(await row('inventory', 'stock', '85123A')).toMatchObject({ onHand: 88, reserved: 0 })
  expect(await row('billing', 'invoices', 'credit-note-C1')).toMatchObject({
    status: 'settled',
    refundedPence: 3585
  })
})

test('what it costs is one row per product and one per customer, and both follow what happened', async () => {
  expect(await row('pricing', 'price', '85123A')).toMatchObject({
    name: 'CREAM HOLDER',
    offered: true,
    listPence: 295,
    unitsShipped: 14,
    unitsReturned: 2,
    available: 88,
    returnRatePercent: 14,
    pence: { standard: 295, bronze: 289, silver: 280, gold: 266 }
  })
  expect(await row('pricing', 'discount', 'c-plain')).toMatchObject({ billedPence: 4689, tier: 'standard' })
})

test('a customer who cancels at any moment has either the goods or the money, never both or neither', async () => {
  const before = provider.totals()
  await tell(ReceiveStock.for('10001', { quantity: 40 }))
  const orders = Array.from({ length: 40 }, (_, index) => `cancel-${index}`)
  const line = { stockCode: '10001', name: 'CUP', quantity: 1, unitPence: 100 }
  const answers = await Promise.all(
    orders.map(async (orderId, index) => {
      await place(orderId, testCards.approved, [line])
      for (let turn = 0; turn < index; turn++) await new Promise((resolve) => setImmediate(resolve))
      const { type, key, data } = CancelOrder.for(orderId, { reason: 'changed my mind' })
      return (await shop.service('sales').send({ type, key, data })).outcome
    })
  )
  await shop.idle()
  await expect
    .poll(async () => (await row<{ orders: { open: number } }>('sales', 'order-totals', 'all')).orders.open, {
      timeout: 20_000
    })
    .toBe(0)
  await shop.idle()
  const cancelled = answers.filter((outcome) => outcome === 'accepted').length
  expect(cancelled, 'orders that were cancelled in time').toBeGreaterThan(0)
  const ended = await howOrdersEnded()
  expect(orders.filter((orderId) => ended[orderId]?.startsWith('cancelled'))).toHaveLength(cancelled)
  expect(orders.filter((orderId) => ended[orderId] === 'shipped')).toHaveLength(40 - cancelled)
  const after = provider.totals()
  const kept = after.charged - before.charged - (after.refunded - before.refunded)
  expect(kept).toBe((40 - cancelled) * 100)
  expect(await row('inventory', 'stock', '10001')).toMatchObject({ onHand: cancelled, reserved: 0 })
}, 60_000)

test('a customer who cancels while the bank is thinking gets the money back when it has thought', async () => {
  const before = provider.totals()
  await tell(ReceiveStock.for('10003', { quantity: 1 }))
  bank.isHeld = true
  await place('thinking', testCards.late, [{ stockCode: '10003', name: 'JUG', quantity: 1, unitPence: 700 }])
  await expect.poll(() => bank.waiting.length, { interval: 5 }).toBe(1)
  await tell(CancelOrder.for('thinking', { reason: 'changed my mind' }))
  await expect
    .poll(async () => (await row<{ reserved: number }>('inventory', 'stock', '10003')).reserved, {
      interval: 5
    })
    .toBe(0)
  bank.isHeld = false
  for (const answer of bank.waiting) answer()
  await shop.idle()
  const after = provider.totals()
  expect(after.charged - before.charged).toBe(700)
  expect(after.refunded - before.refunded).toBe(700)
  expect(await row('billing', 'invoices', 'invoice-thinking')).toMatchObject({
    status: 'void',
    paidPence: 700,
    refundedPence: 700
  })
  expect(await row('inventory', 'stock', '10003')).toMatchObject({ onHand: 1, reserved: 0 })
})

test('orders that were under way when the shop stopped are brought to their end when it starts again', async () => {
  await tell(ReceiveStock.for('10002', { quantity: 60 }))
  const before = provider.totals().charged
  const line = { stockCode: '10002', name: 'SAUCER', quantity: 2, unitPence: 50 }
  for (let index = 0; index < 30; index++) await place(`restart-${index}`, testCards.approved, [line])
  await shop.stop()
  shop = await open()
  await shop.idle()
  const ended = await howOrdersEnded()
  expect(Object.keys(ended).filter((orderId) => orderId.startsWith('restart-'))).toHaveLength(30)
  expect(await row('shipping', 'product-units', '10002')).toMatchObject({ shipped: 60 })
  expect(provider.totals().charged - before).toBe(30 * 100)
  expect(await row('inventory', 'stock', '10002')).toMatchObject({ onHand: 0, reserved: 0 })
}, 60_000)

test('nothing was left behind: no dead letter, and every service finds itself in order', async () => {
  for (const [name, service] of shop.services) {
    const { parked, subscriptions } = await service.status()
    expect(parked, name).toEqual([])
    expect(
      subscriptions.reduce((sum, { pending }) => sum + pending, 0),
      name
    ).toBe(0)
    expect(await service.check(), name).toEqual([])
  }
})

test('pricing answers when the database of every other service is gone', async () => {
  for (const [name, store] of stores) if (name !== 'pricing') await store.close()
  await expect(row('sales', 'order-totals', 'all')).rejects.toThrow()
  expect(await row('pricing', 'price', '85123A')).toMatchObject({
    name: 'CREAM HOLDER',
    pence: { standard: 295 }
  })
  expect(await row('pricing', 'discount', 'c-plain')).toMatchObject({ billedPence: 4689 })
})
