import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { rawSocket } from './raw-socket.ts'
import { type StartedShop, sampleOrder, startShop } from './start-shop.ts'

/** Asks with headers that fetch would not let a program set. */
function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
  body = ''
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.once('end', () =>
        resolve(`${answer.statusCode} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim())
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

const placed = async (
  shop: StartedShop,
  headers: Readonly<Record<string, string>>,
  key = 'o-1'
): Promise<string> =>
  ask(
    `${shop.url}/sales/order/${key}/PlaceOrder`,
    { 'content-type': 'application/json', ...headers },
    'POST',
    JSON.stringify(sampleOrder)
  )

test('a loopback gateway answers by the names of its machine alone, whatever is asked for', async () => {
  const shop = await startShop()
  for (const host of [
    'localhost',
    'localhost:4000',
    '127.0.0.1:80',
    '[::1]:4000',
    'shop.localhost',
    'LOCALHOST'
  ])
    expect(await ask(`${shop.url}/sales/orders`, { host })).toBe('200')
  for (const host of [
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1'
  ])
    for (const path of ['/', '/sales/orders', '/admin/status', '/health-records/visits'])
      expect(await ask(shop.url + path, { host })).toBe('421 HOST_UNKNOWN')
  expect(await placed(shop, { host: 'evil.example' })).toBe('421 HOST_UNKNOWN')
  expect(await ask(`${shop.url}/health`, { host: 'evil.example' })).toBe('200')
})

test('a name given to the gateway is as good as a name of its machine', async () => {
  const shop = await startShop({ gateway: { hosts: ['Shop.Test'] } })
  expect(await ask(`${shop.url}/sales/orders`, { host: 'shop.test:4000' })).toBe('200')
  expect(await ask(`${shop.url}/admin/status`, { host: 'shop.test' })).toBe('200')
  expect(await ask(`${shop.url}/admin/status`, { host: 'other.test' })).toBe('421 HOST_UNKNOWN')
})

test('a page of another site cannot change anything through a browser', async () => {
  const shop = await startShop()
  const { host } = new URL(shop.url)
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: `http://${host}` },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://${host}.evil.example` }
  ]
  for (const headers of foreign) expect(await placed(shop, headers)).toBe('403 ORIGIN_REFUSED')
  expect(
    await ask(`${shop.url}/admin/sales/rebuilds/orders`, { 'sec-fetch-site': 'cross-site' }, 'POST')
  ).toBe('403 ORIGIN_REFUSED')
  expect(await placed(shop, { 'sec-fetch-site': 'same-origin', origin: `http://${host}` }, 'o-1')).toBe('200')
  expect(await placed(shop, { origin: `http://${host}` }, 'o-2')).toBe('200')
  expect(await placed(shop, {}, 'o-3')).toBe('200')
  expect(await ask(`${shop.url}/sales/orders`, { 'sec-fetch-site': 'cross-site' })).toBe('200')
})

test('the administration does not answer what was forwarded', async () => {
  const shop = await startShop()
  const names = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']
  for (const name of names)
    expect(await ask(`${shop.url}/admin/status`, { [name]: '127.0.0.1' })).toBe('403 ADMIN_REFUSED')
  const silent = await rawSocket(shop.url)
  silent.write('GET /admin/status HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n')
  expect(await silent.closed()).toContain('"code":"ADMIN_REFUSED"')
  expect(await ask(`${shop.url}/admin/status`, {})).toBe('200')
})

test('the administration does not answer another machine, whatever host it names', async () => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === 'IPv4')?.address
  expect(address, 'this test needs an address beside the loopback one').toBeDefined()
  const shop = await startShop({ gateway: { host: '0.0.0.0' } })
  const distant = `http://${address}:${new URL(shop.url).port}`
  expect(await ask(`${distant}/sales/orders`, { host: 'shop.example' })).toBe('200')
  expect(await ask(`${distant}/admin/status`, { host: 'localhost' })).toBe('403 ADMIN_REFUSED')
  const near = distant.replace(address as string, '127.0.0.1')
  expect(await ask(`${near}/admin/status`, { host: 'shop.example' })).toBe('403 ADMIN_REFUSED')
  expect(await ask(`${near}/admin/status`, {})).toBe('200')
})
