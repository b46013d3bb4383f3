import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type CardOutcome, PaymentTrouble } from '../billing/payment-provider.ts'
import { chargeCard, refundCard, reverseCharge } from './payment-client.ts'
import { startPaymentProvider } from './payment-provider.ts'
import { testCards } from './test-cards.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function strangeProvider(answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'payment-client-'))
  cleanups.push(() => rm(path, { recursive: true }))
  return path
}

const order = { card: testCards.approved.number, pence: 5, reference: 'order-1', idempotencyKey: 'key-1' }

async function troubleOf(outcome: Promise<unknown>): Promise<PaymentTrouble> {
  const error = await outcome.then(
    (value) => new Error(`no trouble, but ${JSON.stringify(value)}`),
    (reason: unknown) => reason
  )
  if (error instanceof PaymentTrouble) return error
  throw error
}

test('a provider that is not there is trouble worth repeating', async () => {
  const { url, server } = await strangeProvider(() => undefined)
  server.close()
  await once(server, 'close')
  const trouble = await troubleOf(chargeCard({ url, ...order }))
  expect(trouble).toMatchObject({ retriable: true, status: undefined })
  expect(trouble.message).toContain(`POST /charges to ${url}`)
  expect(await troubleOf(reverseCharge({ url, chargeKey: 'key-1' }))).toMatchObject({ retriable: true })
})

test.each([
  [500, true],
  [502, true],
  [503, true],
  [504, true],
  [408, true],
  [409, true],
  [425, true],
  [429, true],
  [200, true],
  [400, false],
  [401, false],
  [404, false],
  [413, false],
  [422, false]
])('an answer of %i without a verdict is retriable: %s', async (status, retriable) => {
  const { url } = await strangeProvider((_, response) =>
    response.writeHead(status).end('<h1>A proxy was here</h1>')
  )
  for (const outcome of [chargeCard({ url, ...order }), refundCard({ url, ...order })]) {
    expect(await troubleOf(outcome)).toMatchObject({ status, retriable })
  }
})

test('what the provider says about a refused request reaches the message', async () => {
  const { url } = await strangeProvider((_, response) =>
    response.writeHead(400).end(JSON.stringify({ title: 'Wrong.', errors: [{ pointer: '/pence' }] }))
  )
  expect((await troubleOf(chargeCard({ url, ...order }))).message).toContain(
    '400 Wrong. [{"pointer":"/pence"}]'
  )
})

test('an answer that breaks off, and one that never ends, are trouble worth repeating', async () => {
  const cut = await strangeProvider((_, response) => {
    response.writeHead(201, { 'content-length': 100 })
    response.write('{"id":"ch_1"', () => response.destroy())
  })
  expect(await troubleOf(chargeCard({ url: cut.url, ...order }))).toMatchObject({ retriable: true })

  const endless = await strangeProvider((_, response) => {
    const more = (error?: Error | null): void => {
      if (!error) response.write('x'.repeat(10_000), more)
    }
    more()
  })
  const trouble = await troubleOf(chargeCard({ url: endless.url, ...order }))
  expect(trouble.retriable).toBe(true)
  expect(trouble.message).toContain('the answer exceeds')
})

test('a deadline ends the wait, before an answer began and in the middle of one', async () => {
  const silent = await strangeProvider(() => undefined)
  const first = await troubleOf(chargeCard({ url: silent.url, ...order, deadlineMs: 20 }))
  expect(first).toMatchObject({ retriable: true })
  expect(first.message).toContain('no answer within 20 ms')

  const stalled = await strangeProvider((_, response) => response.writeHead(201).write('{'))
  const second = await troubleOf(chargeCard({ url: stalled.url, ...order, deadlineMs: 100 }))
  expect(second.message).toContain('no answer within 100 ms')
})

test('a signal ends the wait, and says why', async () => {
  const leaving = new AbortController()
  const { url } = await strangeProvider(() => leaving.abort('the order was cancelled'))
  const trouble = await troubleOf(chargeCard({ url, ...order, signal: leaving.signal }))
  expect(trouble.retriable).toBe(true)
  expect(trouble.message).toContain('gave up waiting: the order was cancelled')
  expect(await troubleOf(chargeCard({ url, ...order, signal: leaving.signal }))).toMatchObject({
    retriable: true
  })
})

test('keys that no header could carry are still one charge each, and can be reversed', async () => {
  const provider = await startPaymentProvider({ port: 0, dataFile: join(await folder(), 'payments.db') })
  cleanups.push(() => provider.close())
  const keys = ['order/1', 'Grüße 7', 'line\r\nbreak: 1', 'k'.repeat(5_000), 'k'.repeat(5_001), ' ']
  const ask = () =>
    Promise.all(keys.map((idempotencyKey) => chargeCard({ ...order, url: provider.url, idempotencyKey })))
  const first = await ask()
  expect(new Set(first.map((outcome) => JSON.stringify(outcome))).size).toBe(keys.length)
  expect(await ask()).toEqual(first)
  for (const chargeKey of keys) {
    const reversal = await reverseCharge({ url: provider.url, chargeKey })
    expect(reversal).toMatchObject({ outcome: 'reversed', pence: 5 })
  }
  const totals = { charged: 30, refunded: 30, count: keys.length, refundCount: keys.length }
  expect(provider.totals()).toEqual(totals)
})

test('a restart of the provider costs its client at most one repeat', async () => {
  const dataFile = join(await folder(), 'payments.db')
  const first = await startPaymentProvider({ port: 0, dataFile })
  const charge = (key: string): Promise<CardOutcome> =>
    chargeCard({ ...order, url: first.url, idempotencyKey: key })
  for (let turn = 0; turn < 20; turn += 1) await charge(`before-${turn}`)
  await first.close()

  const second = await startPaymentProvider({ port: first.port, dataFile })
  cleanups.push(() => second.close())
  const outcome = await charge('after').catch((error: unknown) => {
    expect(error).toMatchObject({ retriable: true })
    return charge('after')
  })
  expect(outcome).toMatchObject({ outcome: 'approved' })
  expect(second.totals()).toMatchObject({ count: 21 })
})

test('a hundred charges one after the other open one connection', async () => {
  let connections = 0
  const { url, server } = await strangeProvider((request, response) => {
    request.resume().on('end', () => response.writeHead(201).end('{"id":"ch_1"}'))
  })
  server.on('connection', () => {
    connections += 1
  })
  for (let turn = 0; turn < 100; turn += 1) {
    expect(await chargeCard({ url, ...order })).toEqual({ outcome: 'approved', providerId: 'ch_1' })
  }
  expect(connections).toBe(1)
})
