import { expect, test } from 'vitest'
import type { HomeOptions } from '../../src/gateway/index.ts'
import { sampleOrder, startShop } from './start-shop.ts'

const home: HomeOptions = {
  title: 'The corner shop',
  text: 'Sells cakestands & teapots.',
  latest: {
    title: 'Latest orders',
    service: 'sales',
    projection: 'orders',
    order: '-placedMs',
    limit: 2,
    columns: [
      { field: 'key', label: 'Order' },
      { field: 'customer', label: 'Customer' },
      { field: 'status', label: 'Status', as: 'status' },
      { field: 'totalPence', label: 'Total', as: 'pence' },
      { field: 'placedMs', label: 'Placed', as: 'time' }
    ]
  },
  tryIt: {
    text: 'Places an order.',
    button: 'Place a sample order',
    service: 'sales',
    machine: 'order',
    key: 'demo-{id}',
    command: 'PlaceOrder',
    data: { ...sampleOrder, customer: "o'neill {id}" }
  }
}

test('the page shows the services, what flows between them, and the latest rows', async () => {
  const shop = await startShop({ gateway: { home } })
  for (const key of ['o-1', 'o-2', 'o-3']) await shop.place(key, { customer: '<script>alert(1)</script>' })
  await shop.system.idle()
  const answer = await shop.get('/')
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const page = await answer.text()
  for (const name of ['sales', 'billing', 'fulfilment']) expect(page).toContain(`<strong>${name}</strong>`)
  expect(page).toContain('<title>The corner shop</title>')
  expect(page).toContain('Sells cakestands &amp; teapots.')
  expect(page).toContain('sales tells billing: OrderPlaced, OrderCancelled')
  expect(page).toContain('fulfilment asks billing: billed')
  expect(page).toContain('3 services running')
  expect(page).toContain('£25.90')
  expect(page).toContain('>o-3<')
  expect(page).not.toContain('>o-1<')
  expect(page).not.toContain('<script>alert')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
})

test('the page asks for nothing from elsewhere, and its policy lets it run only what it holds', async () => {
  const shop = await startShop({ gateway: { home } })
  const answer = await shop.get('/')
  const policy = answer.headers.get('content-security-policy') ?? ''
  const page = await answer.text()
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  expect(page).not.toMatch(/ on[a-z]+="| style="/)
  expect(policy).toContain("default-src 'none'")
  for (const element of ['style', 'script']) {
    const [, text = ''] = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page) ?? []
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    expect(policy).toContain(`${element}-src 'sha256-${Buffer.from(digest).toString('base64')}'`)
  }
})

test('the line to try works as it stands, once for each time the page is read', async () => {
  const shop = await startShop({ gateway: { home } })
  const page = await (await shop.get('/')).text()
  const [, path = '', body = ''] = /data-path="([^"]*)" data-body="([^"]*)"/.exec(page) ?? []
  const decoded = body.replaceAll('&quot;', '"').replaceAll('&#39;', "'")
  expect(decoded).not.toContain('{id}')
  expect(page).toContain(`curl &#39;${shop.url}${path}&#39; \\`)
  expect(page).toContain(`o&#39;\\&#39;&#39;neill`)
  expect((await shop.post(path, decoded)).status).toBe(200)
  expect((await shop.post(path, decoded)).status).toBe(409)
  expect(await (await shop.get('/')).text()).not.toContain(path)
})

test('the page still comes when a service cannot answer, and says so', async () => {
  const shop = await startShop({ gateway: { home } })
  const sales = shop.system.service('sales')
  const fails = () => Promise.reject(new Error('down'))
  Object.assign(sales, { status: fails, query: fails })
  const answer = await shop.get('/')
  expect(answer.status).toBe(200)
  const page = await answer.text()
  expect(page).toContain('gives no answer')
  expect(page).toContain('2 of 3 services running')
  expect(page).toContain('They cannot be read now.')
})

test('a page without options shows the services alone', async () => {
  const shop = await startShop()
  const page = await (await shop.get('/')).text()
  expect(page).toContain('<title>corner shop</title>')
  expect(page).not.toContain('Try it')
})

test('options that name what is not there are refused at the start', async () => {
  const latest = { title: 'x', service: 'sales', projection: 'order', columns: [] }
  await expect(startShop({ gateway: { home: { latest } } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  const tryIt = { ...home.tryIt, command: 'ShipOrder' } as NonNullable<HomeOptions['tryIt']>
  await expect(startShop({ gateway: { home: { tryIt } } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
