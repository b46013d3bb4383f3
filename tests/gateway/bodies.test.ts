import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { heldStore } from './held-store.ts'
import { codeOf, problemOf } from './problem-of.ts'
import { rawSocket, statusesIn } from './raw-socket.ts'
import { sampleOrder, startShop } from './start-shop.ts'

const address = '/sales/order/o-1/PlaceOrder'

test('a body that is no JSON, no UTF-8 or empty is refused', async () => {
  const shop = await startShop()
  for (const body of ['{', 'nonsense', '{"a":1}}', '\u0000', '{"a":NaN}'])
    expect(await codeOf(await shop.post(address, body))).toBe('400 BODY_INVALID')
  const headers = { 'content-type': 'application/json' }
  const latin = await fetch(shop.url + address, {
    method: 'POST',
    headers,
    body: Buffer.from('{"a":"\xe9"}', 'latin1')
  })
  expect((await problemOf(latin)).detail).toMatch(/not UTF-8/)
  const empty = await fetch(shop.url + address, { method: 'POST', headers })
  expect((await problemOf(empty)).detail).toMatch(/empty/)
})

test('only JSON in UTF-8 is taken', async () => {
  const shop = await startShop()
  const body = JSON.stringify(sampleOrder)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'x',
    'application/jsonp'
  ])
    expect(await codeOf(await shop.post(address, body, { 'content-type': type }))).toBe(
      '415 MEDIA_TYPE_UNKNOWN'
    )
  const named = await shop.post(address, body, { 'content-type': 'Application/JSON; charset="UTF-8"' })
  expect(named.status).toBe(200)
})

test('a body that is packed, or says so, is refused', async () => {
  const shop = await startShop()
  for (const encoding of ['gzip', 'br', 'identity, gzip', 'x']) {
    const answer = await shop.post(address, sampleOrder, { 'content-encoding': encoding })
    expect(await codeOf(answer)).toBe('415 MEDIA_TYPE_UNKNOWN')
  }
  const bytes = gzipSync(JSON.stringify(sampleOrder))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const gzipped = await fetch(shop.url + address, { method: 'POST', headers, body: bytes })
  expect((await problemOf(gzipped)).detail).toContain('no Content-Encoding is taken')
  const plain = await shop.post(address, sampleOrder, { 'content-encoding': 'identity' })
  expect(plain.status).toBe(200)
})

test('a body that hides a prototype is refused by the place where it does', async () => {
  const shop = await startShop()
  const places: readonly [body: string, pointer: string][] = [
    ['{"__proto__":{"gift":true}}', '/__proto__'],
    ['{"lines":[{"\\u005f_proto__":1}]}', '/lines/0/__proto__'],
    ['{"constructor":{"prototype":{}}}', '/constructor']
  ]
  for (const [body, pointer] of places) {
    const problem = await problemOf(await shop.post(address, body))
    expect(problem).toMatchObject({ status: 400, code: 'BODY_INVALID', problems: [{ pointer }] })
  }
  expect(({} as Record<string, unknown>)['gift']).toBeUndefined()
})

test('what JSON could not carry through unharmed is refused by its place', async () => {
  const shop = await startShop()
  const body = '{"customer":"\\ud800","lines":[{"sku":"a","quantity":9007199254740993,"pence":1e999}]}'
  const problem = await problemOf(await shop.post(address, body))
  expect((problem.problems as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
    '/customer',
    '/lines/0/quantity',
    '/lines/0/pence'
  ])
})

test('text that only looks suspicious is taken', async () => {
  const shop = await startShop()
  const customer = 'constructor __proto__ \u00e9 12345678901234567890'
  const body = JSON.stringify({ ...sampleOrder, customer }).replace('é', '\\u00e9')
  expect((await shop.post(address, body)).status).toBe(200)
  expect(await (await shop.get('/sales/orders/o-1?waitMs=2000&after=sales:0:0')).json()).toBeTruthy()
})

test('a body nested deeper than the limit is refused, a million levels too', async () => {
  const shop = await startShop()
  const nested = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
  expect(await codeOf(await shop.post(address, nested(31)))).toBe('400 MESSAGE_INVALID')
  expect(await codeOf(await shop.post(address, nested(32)))).toBe('400 BODY_TOO_DEEP')
  expect(await codeOf(await shop.post(address, nested(500_000)))).toBe('400 BODY_TOO_DEEP')
  expect(await codeOf(await shop.post(address, '['.repeat(1_000_000)))).toBe('400 BODY_TOO_DEEP')
  const inText = { ...sampleOrder, customer: '["{'.repeat(100) }
  expect((await shop.post(address, inText)).status).toBe(200)
})

test('a body that says it is too large is refused before it is sent', async () => {
  const shop = await startShop()
  const raw = await rawSocket(shop.url)
  raw.write(
    `POST ${address} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n`
  )
  const said = await raw.closed()
  expect(statusesIn(said)).toEqual([413])
  expect(said).toContain('BODY_TOO_LARGE')
})

test('a body that is allowed is asked for when the caller waits to be asked', async () => {
  const shop = await startShop()
  const body = JSON.stringify(sampleOrder)
  const raw = await rawSocket(shop.url)
  raw.write(
    `POST ${address} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`
  )
  await raw.until(/100 Continue/)
  raw.write(body)
  expect(statusesIn(await raw.until(/"outcome"/))).toEqual([100, 200])
})

test('a caller that sends too much at once still hears why it is refused', async () => {
  const shop = await startShop()
  expect(await codeOf(await shop.post(address, 'x'.repeat(8_000_000)))).toBe('413 BODY_TOO_LARGE')
})

test('a body of unknown length is refused as soon as it is too large', async () => {
  const shop = await startShop({ gateway: { limits: { bodyMaxBytes: 1_000 } } })
  const raw = await rawSocket(shop.url)
  raw.write(
    `POST ${address} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
  )
  raw.write(`3e8\r\n${'x'.repeat(1_000)}\r\n`)
  raw.write(`3e8\r\n${'x'.repeat(1_000)}\r\n`)
  expect(await raw.closed()).toContain('BODY_TOO_LARGE')
})

test('bodies that arrive at the same time share a budget, and what ended gives its part back', async () => {
  const shop = await startShop({ gateway: { limits: { bodiesMaxBytes: 1_500 } } })
  const half = await rawSocket(shop.url)
  const head = `POST ${address} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n`
  half.write(`${head}{"customer":"${'x'.repeat(1_000)}`)
  // The server has read the first part when it answers a request that came after it.
  expect((await shop.get('/health/live')).status).toBe(200)
  const other = await shop.post(address, { customer: 'y'.repeat(600) })
  expect(await codeOf(other)).toBe('503 OVERLOADED')
  half.socket.destroy()
  const again = async (): Promise<string> => codeOf(await shop.post(address, { customer: 'y'.repeat(600) }))
  await expect.poll(again).toBe('400 MESSAGE_INVALID')
})

test('what came with a command counts until the command is dealt with', async () => {
  const held = heldStore()
  const shop = await startShop({ gateway: { limits: { bodiesMaxBytes: 1_500 } }, store: held.wrap })
  const order = { ...sampleOrder, customer: 'x'.repeat(1_000) }
  held.hold()
  const first = shop.post(address, order)
  await held.waiting()
  expect(await codeOf(await shop.post('/sales/order/o-2/PlaceOrder', order))).toBe('503 OVERLOADED')
  held.release()
  expect((await first).status).toBe(200)
  expect((await shop.post('/sales/order/o-2/PlaceOrder', order)).status).toBe(200)
})

test('a small text that would be large in memory is refused', async () => {
  const shop = await startShop()
  const lines = (count: number): string =>
    `{"lines":[${Array.from({ length: count }, () => '{}').join(',')}]}`
  const problem = await problemOf(await shop.post(address, lines(340_000)))
  expect(problem).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
  expect(problem.detail).toContain('50000 values')
  const few = await problemOf(await shop.post(address, lines(1_000)))
  expect(few.code).toBe('MESSAGE_INVALID')
  expect(few.problems).toHaveLength(100)
})
