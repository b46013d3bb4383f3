import { expect, test } from 'vitest'
import { codeOf, problemOf } from './problem-of.ts'
import { type StartedShop, startShop } from './start-shop.ts'

interface Letter {
  readonly number: number
  readonly status: string
  readonly key: string
  readonly message: { readonly key: string; readonly data: Readonly<Record<string, unknown>> }
}

const jsonOf = async <Body>(shop: StartedShop, path: string): Promise<Body> => {
  const answer = await shop.get(path)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Body
}

const lettersOf = async (shop: StartedShop, query = ''): Promise<readonly Letter[]> =>
  (await jsonOf<{ deadLetters: Letter[] }>(shop, `/admin/billing/dead-letters${query}`)).deadLetters

/** A shop whose ledger could not fold an order; its cancellation waits behind it. */
async function shopWithDeadLetter(): Promise<StartedShop> {
  const shop = await startShop()
  await shop.place('bad', { customer: 'poison' })
  await shop.post('/sales/order/bad/CancelOrder', { reason: 'late' })
  await shop.place('good', { customer: 'ann' })
  await expect.poll(async () => (await lettersOf(shop)).length).toBeGreaterThan(0)
  return shop
}

const by = { 'skerry-operator': 'Ada Lovelace' }

test('the status of the system tells of every service, that of a service only of it', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  await shop.system.idle()
  const whole = await jsonOf<{ system: string; services: { service: string; published: number }[] }>(
    shop,
    '/admin/status'
  )
  expect(whole.system).toBe('corner shop')
  expect(whole.services.map(({ service }) => service)).toEqual(['sales', 'billing', 'fulfilment'])
  const one = await jsonOf(shop, '/admin/sales/status')
  expect(one).toMatchObject({ service: 'sales', state: 'running', published: 1 })
})

test('what flows between the services is read off their definitions', async () => {
  const shop = await startShop()
  const { flows, exchanges } = await jsonOf<{ flows: unknown[]; exchanges: unknown[] }>(shop, '/admin/flows')
  expect(flows).toContainEqual(
    expect.objectContaining({ from: 'sales', event: 'OrderPlaced', to: 'billing' })
  )
  expect(exchanges).toContainEqual({
    from: 'sales',
    to: 'billing',
    kind: 'events',
    messages: ['OrderPlaced', 'OrderCancelled']
  })
  expect(exchanges).toContainEqual({
    from: 'fulfilment',
    to: 'billing',
    kind: 'commands',
    messages: ['billed']
  })
})

test('the parts of a service are listed with what they take', async () => {
  const shop = await startShop()
  const { units } = await jsonOf<{ units: unknown[] }>(shop, '/admin/sales/units')
  expect(units).toContainEqual({
    name: 'order',
    kind: 'state-machine',
    takes: expect.arrayContaining(['PlaceOrder', 'CancelOrder'])
  })
  expect(units).toContainEqual(
    expect.objectContaining({ kind: 'projection', takes: expect.arrayContaining(['sales/OrderPlaced']) })
  )
})

test('the parts of a service are listed with what they take', async () => {
  const shop = await startShop()
  const { units } = await jsonOf<{ units: unknown[] }>(shop, '/admin/sales/units')
  expect(units).toEqual([
    { name: 'order', kind: 'state-machine', takes: ['PlaceOrder', 'CancelOrder'] },
    { name: 'orders', kind: 'projection', takes: ['sales/OrderPlaced', 'sales/OrderCancelled'] }
  ])
})

test('the check of a sound system finds nothing', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  await shop.system.idle()
  expect(await jsonOf(shop, '/admin/check')).toEqual({
    healthy: true,
    services: ['sales', 'billing', 'fulfilment'].map((service) => ({ service, problems: [] }))
  })
  expect(await jsonOf(shop, '/admin/sales/check')).toEqual({ problems: [] })
})

test('an entity is shown as it is, as it was, and with what it said', async () => {
  const shop = await startShop()
  const [, , placed = ''] = (await shop.place('a/b')).split(':')
  await shop.post('/sales/order/a%2Fb/CancelOrder', { reason: 'late' })
  const address = '/admin/sales/entities/order/a%2Fb'
  expect(await jsonOf(shop, address)).toMatchObject({
    key: 'a/b',
    sequence: 2,
    state: { status: 'cancelled' }
  })
  expect(await jsonOf(shop, `${address}?at=${placed}`)).toMatchObject({
    sequence: 1,
    state: { status: 'placed' }
  })
  const { history } = await jsonOf<{ history: { type: string }[] }>(shop, `${address}/history`)
  expect(history.map(({ type }) => type)).toEqual(['OrderPlaced', 'OrderCancelled'])
  expect(await codeOf(await shop.get(`${address}?at=-1`))).toBe('400 QUERY_INVALID')
  expect(await codeOf(await shop.get('/admin/sales/entities/order/nobody'))).toBe('404 ENTITY_UNKNOWN')
  expect(await codeOf(await shop.get('/admin/sales/entities/order/nobody/history'))).toBe(
    '404 ENTITY_UNKNOWN'
  )
  expect(await codeOf(await shop.get('/admin/sales/entities/orders/a'))).toBe('404 UNIT_UNKNOWN')
})

test('entities are listed in the order of their keys, page after page', async () => {
  const shop = await startShop()
  for (const key of ['b', 'a', 'c']) await shop.place(key)
  const list = async (query: string) =>
    jsonOf<{ entities: { key: string }[]; next?: string }>(shop, `/admin/sales/entities/order?${query}`)
  const first = await list('limit=2')
  expect(first.entities.map(({ key }) => key)).toEqual(['a', 'b'])
  const second = await list(`limit=2&after=${first.next}`)
  expect(second.entities.map(({ key }) => key)).toEqual(['c'])
  expect(second.next).toBeUndefined()
})

test('dead letters are listed by what is asked for, and shown one by one', async () => {
  const shop = await shopWithDeadLetter()
  const [letter] = await lettersOf(shop)
  expect(letter).toMatchObject({ status: 'dead', key: 'sales/bad', message: { key: 'bad' } })
  await expect.poll(async () => (await lettersOf(shop, '?status=behind')).length).toBe(1)
  expect(await lettersOf(shop, '?status=dead,behind&key=sales/bad&subscription=ledger')).toHaveLength(2)
  expect(await lettersOf(shop, '?key=sales/good')).toEqual([])
  expect(await jsonOf(shop, `/admin/billing/dead-letters/${letter?.number}`)).toEqual(letter)
  expect(await codeOf(await shop.get('/admin/billing/dead-letters?status=gone'))).toBe('400 QUERY_INVALID')
  for (const number of ['999', 'x', '-1'])
    expect(await codeOf(await shop.get(`/admin/billing/dead-letters/${number}`))).toBe(
      '404 DEAD_LETTER_UNKNOWN'
    )
})

test('a dead letter that was edited and tried again is done, and the audit says by whom', async () => {
  const shop = await shopWithDeadLetter()
  const [letter] = await lettersOf(shop)
  const address = `/admin/billing/dead-letters/${letter?.number}`
  const still = await shop.post(`${address}/redrive`, undefined, by)
  expect(await still.json()).toMatchObject({ state: 'dead' })
  const wrong = await problemOf(await shop.post(`${address}/edit`, { data: { customer: 1 } }, by))
  expect(wrong.code).toBe('MESSAGE_INVALID')
  expect((wrong.problems as unknown[]).length).toBeGreaterThan(0)
  const edited = await shop.post(
    `${address}/edit`,
    { data: { ...letter?.message.data, customer: 'bob' } },
    by
  )
  expect(await edited.json()).toMatchObject({ message: { data: { customer: 'bob' } } })
  const redriven = await shop.post(`${address}/redrive`, undefined, by)
  expect(await redriven.json()).toMatchObject({ state: 'done' })
  expect(await jsonOf(shop, '/billing/ledger/bob')).toMatchObject({ data: { pence: 2590 } })
  const { audit } = await jsonOf<{ audit: { by: string; action: string }[] }>(shop, '/admin/billing/audit')
  expect(audit.length).toBeGreaterThanOrEqual(2)
  expect(new Set(audit.map((row) => row.by))).toEqual(new Set(['Ada Lovelace']))
})

test('a dead letter is dropped for a reason, never without', async () => {
  const shop = await shopWithDeadLetter()
  const [letter] = await lettersOf(shop)
  const address = `/admin/billing/dead-letters/${letter?.number}/discard`
  for (const body of [undefined, {}, { reason: ' ' }, { reason: 7 }])
    expect(await codeOf(await shop.post(address, body))).toBe('400 MESSAGE_INVALID')
  expect((await shop.post(address, { reason: 'It was a test.' })).status).toBe(200)
  const { audit } = await jsonOf<{ audit: { by: string; reason: string }[] }>(shop, '/admin/billing/audit')
  expect(audit[0]).toMatchObject({ by: 'anonymous', reason: 'It was a test.' })
  expect(await codeOf(await shop.get(address.replace('/discard', '')))).toBe('404 DEAD_LETTER_UNKNOWN')
})

test('a projection is rebuilt while it serves, and its progress is told', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  await shop.system.idle()
  const started = await shop.post('/admin/sales/rebuilds/orders')
  expect(started.status).toBe(202)
  const location = started.headers.get('location') ?? ''
  const state = async () =>
    (await jsonOf<{ rebuilds: { unit: string; state: string }[] }>(shop, location)).rebuilds.at(-1)?.state
  await expect.poll(state).toBe('done')
  expect((await shop.get('/sales/orders/o-1')).status).toBe(200)
  expect(await codeOf(await shop.post('/admin/sales/rebuilds/nothing'))).toBe('404 UNIT_UNKNOWN')
})

test('an operator whose name cannot stand in the audit is refused', async () => {
  const shop = await shopWithDeadLetter()
  const [letter] = await lettersOf(shop)
  for (const name of ['', 'x'.repeat(101), 'J\u00fcrgen'])
    expect(
      await codeOf(
        await shop.post(
          `/admin/billing/dead-letters/${letter?.number}/redrive`,
          {},
          { 'skerry-operator': name }
        )
      )
    ).toBe('400 KEY_INVALID')
})
