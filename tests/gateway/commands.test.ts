import { expect, test } from 'vitest'
import { Failure } from '../../src/core/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { heldStore } from './held-store.ts'
import { codeOf, problemOf } from './problem-of.ts'
import { rawSocket } from './raw-socket.ts'
import { sampleOrder, startShop } from './start-shop.ts'

test('an accepted command answers 200 with its event and its position', async () => {
  const shop = await startShop()
  const answer = await shop.post('/sales/order/o-1/PlaceOrder', sampleOrder, { 'correlation-id': 'c-7' })
  expect(answer.status).toBe(200)
  const body = (await answer.json()) as { position: string }
  expect(body).toMatchObject({
    outcome: 'accepted',
    event: { type: 'OrderPlaced', data: { customer: 'ann', totalPence: 2590, gift: false } },
    correlationId: 'c-7'
  })
  expect(answer.headers.get('skerry-position')).toBe(body.position)
  expect(answer.headers.get('correlation-id')).toBe('c-7')
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})

test('a refused command answers 409 with the code and the reason of the business', async () => {
  const shop = await startShop()
  const dear = { ...sampleOrder, lines: [{ sku: 'yacht', quantity: 1, pence: 2_000_000 }] }
  const problem = await problemOf(await shop.post('/sales/order/o-1/PlaceOrder', dear))
  expect(problem).toMatchObject({
    status: 409,
    code: 'COMMAND_REFUSED',
    detail: 'An order is 10,000 pounds at most.',
    refusal: { code: 'too-dear', details: { totalPence: 2_000_000 } },
    instance: '/sales/order/o-1/PlaceOrder'
  })
  const early = await problemOf(await shop.post('/sales/order/o-1/CancelOrder', { reason: 'none' }))
  expect(early.refusal?.code).toBe('illegal-state')
})

test('every wrong field is named by its JSON pointer, unknown ones too', async () => {
  const shop = await startShop()
  const wrong = { lines: [{ sku: 1, quantity: 0, pence: 5 }], customer: '' }
  const problem = await problemOf(await shop.post('/sales/order/o-1/PlaceOrder', wrong))
  expect(problem).toMatchObject({ status: 400, code: 'MESSAGE_INVALID' })
  const pointers = (problem.problems as { pointer: string }[]).map(({ pointer }) => pointer)
  expect(pointers.sort()).toEqual(['/customer', '/lines/0/quantity', '/lines/0/sku'])
  const more = await problemOf(
    await shop.post('/sales/order/o-1/PlaceOrder', { ...sampleOrder, discount: 1 })
  )
  expect(more.problems).toEqual([{ pointer: '/discount', problem: expect.any(String) }])
})

test('a command without a body has no fields', async () => {
  const shop = await startShop()
  const problem = await problemOf(await shop.post('/sales/order/o-1/PlaceOrder'))
  expect(problem.code).toBe('MESSAGE_INVALID')
  expect((problem.problems as unknown[]).length).toBeGreaterThan(0)
})

test('the same idempotency key gets the first answer again, quoted or bare', async () => {
  const shop = await startShop()
  const place = (key: string, body: unknown = sampleOrder) =>
    shop.post('/sales/order/o-1/PlaceOrder', body, { 'idempotency-key': key })
  const first = (await (await place('"k 1"')).json()) as { outcome: string }
  expect(first.outcome).toBe('accepted')
  expect(await (await place('"k 1"')).json()).toEqual(first)
  expect(await codeOf(await place('"k 1"', { ...sampleOrder, customer: 'bob' }))).toBe(
    '422 IDEMPOTENCY_KEY_REUSED'
  )
  const bare = await shop.post('/sales/order/o-2/PlaceOrder', sampleOrder, { 'idempotency-key': 'k2' })
  const quoted = await shop.post('/sales/order/o-2/PlaceOrder', sampleOrder, { 'idempotency-key': '"k2"' })
  expect(await quoted.json()).toEqual(await bare.json())
  for (const key of ['', '""', 'a b', 'a"b', 'x'.repeat(256)])
    expect(await codeOf(await place(key))).toBe('400 KEY_INVALID')
})

test('a command whose twin is still being decided answers 409 and says when to come again', async () => {
  const held = heldStore()
  const shop = await startShop({ store: held.wrap })
  held.hold()
  const place = () => shop.post('/sales/order/o-1/PlaceOrder', sampleOrder, { 'idempotency-key': 'k' })
  const first = place()
  await held.waiting()
  const second = await place()
  expect(second.headers.get('retry-after')).toBe('1')
  expect(await codeOf(second)).toBe('409 IDEMPOTENCY_KEY_IN_FLIGHT')
  held.release()
  expect((await first).status).toBe(200)
})

test('what is not there is told by name, with what is there', async () => {
  const shop = await startShop()
  const detail = async (path: string): Promise<string> => {
    const problem = await problemOf(await shop.post(path, {}))
    return `${problem.status} ${problem.code} ${problem.detail}`
  }
  expect(await detail('/shipping/order/o-1/PlaceOrder')).toMatch(/404 SERVICE_UNKNOWN .*sales, billing/)
  expect(await detail('/sales/ordr/o-1/PlaceOrder')).toMatch(/404 UNIT_UNKNOWN .* are order\./)
  expect(await detail('/sales/order/o-1/ShipOrder')).toMatch(/404 COMMAND_UNKNOWN .*PlaceOrder, CancelOrder/)
  expect(await detail('/sales/__proto__/o-1/PlaceOrder')).toMatch(/404 UNIT_UNKNOWN/)
})

test('a part that is no state machine is said to be what it is, with what can be done with it', async () => {
  const shop = await startShop()
  const told = async (path: string): Promise<string> => {
    const { status, code, detail } = await problemOf(await shop.post(path, {}))
    return `${status} ${code} ${detail}`
  }
  expect(await told('/sales/orders/o-1/PlaceOrder')).toBe(
    '404 UNIT_UNKNOWN sales/orders is a projection. It is read by GET /sales/orders and GET /sales/orders/<key>, and is fed by events.'
  )
  expect(await told('/fulfilment/readiness/o-1/Go')).toMatch(
    /is a process manager\. It is fed by events and takes nothing from outside; GET \/admin\/fulfilment\/entities\/readiness\/<key> shows/
  )
  const machine =
    /sales\/order is a state machine\. It takes commands by POST \/sales\/order\/<key>\/<Command>: PlaceOrder/
  expect(await told('/sales/order/o-1')).toMatch(machine)
  expect(await told('/sales/order/o-1')).toMatch(/^405 METHOD_UNKNOWN It takes GET, HEAD, OPTIONS\. /)
  expect(await told('/sales/ordr/o-1')).toBe('405 METHOD_UNKNOWN It takes GET, HEAD, OPTIONS.')
})

test('an internal command is as unknown from outside as one that nobody declared, and no list names it', async () => {
  const shop = await startShop()
  const details = await Promise.all(
    ['Settle', 'Sttle'].map(async (command) => {
      const problem = await problemOf(await shop.post(`/billing/charge/o-1/${command}`, {}))
      return `${problem.status} ${problem.code} ${problem.detail}`
    })
  )
  expect(details[0]).toBe(details[1])
  expect(details[0]).toMatch(/^404 COMMAND_UNKNOWN .* takes Charge\.$/)
  const units = await (await shop.get('/admin/billing/units')).json()
  expect(units).toMatchObject({ units: [{ name: 'charge', takes: ['Charge'] }, {}] })
  const tryIt = { text: '', button: '', service: 'billing', machine: 'charge', key: 'k', data: {} }
  const home = { tryIt: { ...tryIt, command: 'Settle' } }
  await expect(startShop({ gateway: { home } })).rejects.toThrow(/Settle, which is internal: only parts of/)
})

test('a key may hold anything that can be shown, slashes too', async () => {
  const shop = await startShop()
  for (const key of ['a/b', 'ä 100%', '€?#&', '12345:é', 'x'.repeat(256)]) {
    const position = await shop.place(key)
    const row = await shop.get(`/sales/orders/${encodeURIComponent(key)}?after=${position}`)
    expect(await row.json()).toMatchObject({ key, data: { status: 'placed' } })
  }
})

test('a key that is too long, or that could not be shown, is refused', async () => {
  const shop = await startShop()
  for (const key of ['x'.repeat(257), '%00', '%0a', '%7f', '%c2%80', '%ed%a0%80', '%ff', '%zz', '%']) {
    expect(await codeOf(await shop.post(`/sales/order/${key}/PlaceOrder`, sampleOrder))).toBe(
      '400 KEY_INVALID'
    )
    expect(await codeOf(await shop.get(`/sales/orders/${key}`))).toBe('400 KEY_INVALID')
  }
})

test('a key that every client would take for a way up is refused', async () => {
  const shop = await startShop()
  const raw = await rawSocket(shop.url)
  raw.write('GET /sales/orders/.. HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(await raw.until(/"code":"\w+"/)).toContain('KEY_INVALID')
})

test('commands beyond what a service can hold are refused at once, those it took are kept', async () => {
  const held = heldStore()
  const shop = await startShop({ store: held.wrap, limits: { commandsMax: 3 } })
  held.hold()
  const sent = Array.from({ length: 20 }, (_, at) =>
    shop.post(`/sales/order/o-${at}/PlaceOrder`, sampleOrder)
  )
  const refused = await Promise.race(sent)
  expect(refused.headers.get('retry-after')).toBe('1')
  held.release()
  const statuses = (await Promise.all(sent)).map(({ status }) => status)
  expect(await codeOf(refused)).toBe('503 OVERLOADED')
  expect(new Set(statuses)).toEqual(new Set([200, 503]))
  const kept = await shop.system.service('sales').entities('order', '', 20)
  const accepted = statuses.flatMap((status, at) => (status === 200 ? [`o-${at}`] : []))
  expect(kept.map(({ key }) => key)).toEqual(accepted.sort())
})

test('a store that cannot write answers 503 without saying where its files are', async () => {
  let broken = false
  const failing = (store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'commit' && broken)
          return async () => {
            throw new Failure('STORE_UNAVAILABLE', { hint: 'secret: /srv/data/sales.db', file: '/srv/data' })
          }
        return member.bind(target)
      }
    })
  const shop = await startShop({ store: failing })
  broken = true
  const answer = await shop.post('/sales/order/o-1/PlaceOrder', sampleOrder)
  broken = false
  expect(answer.headers.get('retry-after')).toBe('1')
  const text = await answer.clone().text()
  expect(text).not.toMatch(/srv|secret/)
  expect(await codeOf(answer)).toBe('503 STORE_UNAVAILABLE')
})

test('a stopped system answers 503', async () => {
  const shop = await startShop()
  await shop.system.stop()
  expect(await codeOf(await shop.post('/sales/order/o-1/PlaceOrder', sampleOrder))).toBe('503 STOPPING')
})

test('the trace of the caller goes on in the log, and a broken one is not believed', async () => {
  const shop = await startShop()
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await shop.post('/sales/order/o-1/PlaceOrder', sampleOrder, { traceparent })
  await shop.post('/sales/order/o-2/PlaceOrder', sampleOrder, { traceparent: 'nonsense' })
  const traces = await Promise.all(
    ['o-1', 'o-2'].map(
      async (key) => (await shop.system.service('sales').history('order', key))[0]?.traceparent
    )
  )
  expect(traces[0]).toContain('4bf92f3577b34da6a3ce929d0e0e4736')
  expect(traces[1]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('an idempotency key is still free after a command that was not understood', async () => {
  const shop = await startShop()
  const headers = { 'idempotency-key': 'k' }
  expect((await shop.post('/sales/order/o-1/PlaceOrder', {}, headers)).status).toBe(400)
  expect((await shop.post('/sales/order/o-1/PlaceOrder', sampleOrder, headers)).status).toBe(200)
})
