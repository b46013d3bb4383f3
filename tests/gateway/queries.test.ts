import { expect, test } from 'vitest'
import { codeOf, problemOf } from './problem-of.ts'
import { type StartedShop, startShop } from './start-shop.ts'

const line = (pence: number) => ({ lines: [{ sku: '1', quantity: 1, pence }] })

/** A shop with five orders of 100 to 500 pence, of which the third is a gift. */
async function shopWithOrders(): Promise<{ shop: StartedShop; after: string }> {
  const shop = await startShop()
  const positions: string[] = []
  for (const at of [1, 2, 3, 4, 5])
    positions.push(
      await shop.place(`o-${at}`, { customer: at < 3 ? 'ann' : '2', gift: at === 3, ...line(at * 100) })
    )
  return { shop, after: positions.map((position) => `after=${position}`).join('&') }
}

const keysOf = async (answer: Response): Promise<readonly string[]> =>
  ((await answer.json()) as { rows: { key: string }[] }).rows.map(({ key }) => key)

test('rows are found by declared fields, compared as what they are', async () => {
  const { shop, after } = await shopWithOrders()
  const found = async (query: string) => keysOf(await shop.get(`/sales/orders?${after}&${query}`))
  expect(await found('')).toEqual(['o-1', 'o-2', 'o-3', 'o-4', 'o-5'])
  expect(await found('customer=ann')).toEqual(['o-1', 'o-2'])
  expect(await found('customer=2')).toEqual(['o-3', 'o-4', 'o-5'])
  expect(await found('totalPence[gte]=200&totalPence[lt]=400')).toEqual(['o-2', 'o-3'])
  expect(await found('gift=true')).toEqual(['o-3'])
  expect(await found('customer[ne]=2&order=-totalPence')).toEqual(['o-2', 'o-1'])
  expect(await found('key[gt]=o-3&order=-key')).toEqual(['o-5', 'o-4'])
  expect(await found('order[eq]=o-4')).toEqual(['o-4'])
  expect(await found('status=cancelled')).toEqual([])
})

test('pages follow each other by their cursor and by their link', async () => {
  const { shop, after } = await shopWithOrders()
  const first = await shop.get(`/sales/orders?${after}&order=-totalPence&limit=2`)
  const page = (await first.clone().json()) as { next: string }
  expect(await keysOf(first)).toEqual(['o-5', 'o-4'])
  const link = /<(.*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
  expect(new URL(link, shop.url).searchParams.get('cursor')).toBe(page.next)
  const second = await shop.get(link)
  expect(await keysOf(second.clone())).toEqual(['o-3', 'o-2'])
  const { next } = (await second.json()) as { next: string }
  const last = await shop.get(`/sales/orders?order=-totalPence&limit=2&cursor=${encodeURIComponent(next)}`)
  expect(last.headers.get('link')).toBeNull()
  expect(await keysOf(last)).toEqual(['o-1'])
})

test('the link to the next page asks what the page asked, also where a question mark stands in it', async () => {
  const shop = await startShop()
  const positions: string[] = []
  for (const key of ['o-1', 'o-2', 'o-3']) positions.push(await shop.place(key, { customer: 'who?' }))
  positions.push(await shop.place('o-4', { customer: 'who' }))
  const after = positions.map((position) => `after=${position}`).join('&')
  const first = await shop.get(`/sales/orders?${after}&customer=who?&limit=1`)
  const link = /<(.*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
  expect(await keysOf(first)).toEqual(['o-1'])
  expect(await keysOf(await shop.get(link))).toEqual(['o-2'])
})

test('a query has a bounded number of conditions', async () => {
  const shop = await startShop()
  const asked = (count: number) => `/sales/orders?${Array.from({ length: count }, () => 'key=a').join('&')}`
  expect((await shop.get(asked(100))).status).toBe(200)
  for (const count of [101, 1_300])
    expect(await codeOf(await shop.get(asked(count)))).toBe('400 QUERY_INVALID')
})

test('everything that is wrong with a query is told at once', async () => {
  const shop = await startShop()
  const wrong = 'colour=red&totalPence=many&gift=maybe&status[like]=p&order=colour&limit=0'
  const problem = await problemOf(await shop.get(`/sales/orders?${wrong}`))
  expect(problem).toMatchObject({ status: 400, code: 'QUERY_INVALID' })
  const parameters = (problem.problems as { parameter: string }[]).map(({ parameter }) => parameter)
  expect(parameters).toEqual(['colour', 'totalPence', 'gift', 'status[like]', 'order', 'limit'])
  expect(problem.detail).toContain('customer, status, totalPence')
  for (const query of ['limit=501', 'limit=1e1', 'limit=-1', 'waitMs=30001', 'waitMs=x', 'cursor=nonsense'])
    expect(await codeOf(await shop.get(`/sales/orders?${query}`))).toBe('400 QUERY_INVALID')
})

test('a row is read by its key, and sent again only when it has changed', async () => {
  const { shop, after } = await shopWithOrders()
  const row = await shop.get(`/sales/orders/o-3?${after}`)
  expect(await row.json()).toMatchObject({
    key: 'o-3',
    data: { totalPence: 300, gift: true, status: 'placed' }
  })
  const etag = row.headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[^"]+"$/)
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const same = await shop.get('/sales/orders/o-3', { 'if-none-match': known })
    expect(same.status).toBe(304)
    expect(await same.text()).toBe('')
  }
  const cancelled = await shop.post('/sales/order/o-3/CancelOrder', { reason: 'late' })
  const position = cancelled.headers.get('skerry-position') ?? ''
  const changed = await shop.get('/sales/orders/o-3', { 'if-none-match': etag, 'skerry-position': position })
  expect(changed.status).toBe(200)
  expect(await changed.json()).toMatchObject({ data: { status: 'cancelled' } })
})

test('what is not there is 404', async () => {
  const shop = await startShop()
  expect(await codeOf(await shop.get('/sales/orders/o-9'))).toBe('404 ROW_UNKNOWN')
  expect(await codeOf(await shop.get('/sales/order/o-9'))).toBe('404 UNIT_UNKNOWN')
  expect(await codeOf(await shop.get('/nowhere/orders'))).toBe('404 SERVICE_UNKNOWN')
})

test('a state machine that is read is said to be one, with how its state can be seen', async () => {
  const shop = await startShop()
  for (const path of ['/sales/order', '/sales/order/o-9']) {
    const { code, detail } = await problemOf(await shop.get(path))
    expect(code).toBe('UNIT_UNKNOWN')
    expect(detail).toBe(
      'sales/order is a state machine. It takes commands by POST /sales/order/<key>/<Command>: PlaceOrder, CancelOrder. To read it, fold its events into a projection; GET /admin/sales/entities/order/<key> shows its state.'
    )
  }
  expect((await problemOf(await shop.get('/sales/ordr'))).detail).toBe('The projections of sales are orders.')
  const projection = await problemOf(await shop.get('/admin/sales/entities/orders/a'))
  expect(projection.detail).toMatch(/^sales\/orders is a projection\. It is read by GET/)
})

test('a read given the position of a write waits for it, or says that it has not come', async () => {
  const shop = await startShop()
  const position = await shop.place('o-1')
  const seen = await shop.get(`/sales/orders/o-1?after=${position}`)
  expect(seen.status).toBe(200)
  const ahead = position.replace(/\d+$/, (at) => String(Number(at) + 1))
  const early = await shop.get(`/sales/orders/o-1?after=${ahead}&waitMs=1`)
  expect(early.headers.get('retry-after')).toBe('1')
  expect(await codeOf(early)).toBe('409 POSITION_NOT_REACHED')
  const waiting = shop.get('/sales/orders/o-1', { 'skerry-position': `${position}, ${ahead}` })
  const cancelled = await shop.post('/sales/order/o-1/CancelOrder', { reason: 'late' })
  expect(cancelled.headers.get('skerry-position')).toBe(ahead)
  expect(await (await waiting).json()).toMatchObject({ data: { status: 'cancelled' } })
})

test('a position that is none is refused', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  for (const position of ['x', 'sales:1', 'sales:99:1', 'sales:0:-1', 'sales:0:1e3', '1:2:3:4'])
    expect(await codeOf(await shop.get(`/sales/orders/o-1?after=${position}`))).toBe('400 POSITION_INVALID')
})
