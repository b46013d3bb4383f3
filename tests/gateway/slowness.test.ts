import { expect, test } from 'vitest'
import { codeOf } from './problem-of.ts'
import { rawSocket, statusesIn } from './raw-socket.ts'
import { sampleOrder, startShop } from './start-shop.ts'

const quick = { headersMs: 300, requestMs: 600, slowCheckMs: 50, keepAliveMs: 300, silenceMs: 800 }
const start =
  'POST /sales/order/o-1/PlaceOrder HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

test('headers that come drop by drop are cut off in time', async () => {
  const shop = await startShop({ gateway: { limits: quick } })
  const raw = await rawSocket(shop.url)
  raw.write('GET / HTTP/1.1\r\n')
  const dripping = setInterval(() => raw.write('X-A: b\r\n'), 20)
  const startedMs = performance.now()
  const said = await raw.closed()
  clearInterval(dripping)
  expect(statusesIn(said)).toEqual([408])
  expect(said).toContain('"code":"REQUEST_TIMEOUT"')
  expect(performance.now() - startedMs).toBeGreaterThan(quick.headersMs)
  expect(performance.now() - startedMs).toBeLessThan(quick.headersMs + 2_000)
})

test('a body that comes drop by drop is cut off in time', async () => {
  const shop = await startShop({ gateway: { limits: quick } })
  const raw = await rawSocket(shop.url)
  raw.write(`${start}Content-Length: 1000\r\n\r\n{`)
  const dripping = setInterval(() => raw.write(' '), 20)
  const startedMs = performance.now()
  const said = await raw.closed()
  clearInterval(dripping)
  expect(statusesIn(said)).toEqual([408])
  expect(performance.now() - startedMs).toBeLessThan(quick.requestMs + 2_000)
})

test('a connection on which nothing happens is closed', async () => {
  const shop = await startShop({ gateway: { limits: quick } })
  const silent = await rawSocket(shop.url)
  const used = await rawSocket(shop.url)
  used.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(statusesIn(await used.closed())).toEqual([200])
  expect(statusesIn(await silent.closed()).every((status) => status === 408)).toBe(true)
})

test('hundreds of slow callers do not keep a quick one waiting', async () => {
  const shop = await startShop()
  const slow = await Promise.all(Array.from({ length: 300 }, () => rawSocket(shop.url)))
  for (const [at, raw] of slow.entries())
    raw.write(at % 2 === 0 ? 'GET / HTTP/1.1\r\nX-A:' : `${start}Content-Length: 900000\r\n\r\n{"customer":"`)
  const startedMs = performance.now()
  for (let at = 0; at < 20; at++)
    expect((await shop.post(`/sales/order/q-${at}/PlaceOrder`, sampleOrder)).status).toBe(200)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
  expect(slow.every(({ said }) => said === '')).toBe(true)
})

test('connections beyond the limit are closed as they come, and there is room again when one leaves', async () => {
  const shop = await startShop({ gateway: { limits: { connectionsMax: 5 } } })
  const first = await Promise.all(Array.from({ length: 5 }, () => rawSocket(shop.url)))
  for (const raw of first) {
    raw.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await raw.until(/"live":true/)
  }
  const sixth = await rawSocket(shop.url)
  expect(await sixth.closed()).toBe('')
  for (const raw of first) raw.socket.destroy()
  const again = async (): Promise<number> =>
    fetch(`${shop.url}/health/live`).then(
      ({ status }) => status,
      () => 0
    )
  await expect.poll(again).toBe(200)
})

test('a connection carries as many requests as it may, and the last answer says so', async () => {
  const shop = await startShop({ gateway: { limits: { requestsPerConnectionMax: 2 } } })
  const raw = await rawSocket(shop.url)
  const ask = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n'
  raw.write(ask + ask)
  const said = await raw.until(/(HTTP[\s\S]*"live":true[\s\S]*){2}/)
  expect(statusesIn(said)).toEqual([200, 200])
  expect(said.match(/connection: close/gi)).toHaveLength(1)
  raw.write(ask)
  expect(statusesIn(await raw.until(/ 503 /))).toEqual([200, 200, 503])
})

test('a caller that goes away in the middle leaves nothing behind', async () => {
  const shop = await startShop()
  for (let at = 0; at < 20; at++) {
    const raw = await rawSocket(shop.url)
    raw.write(`${start}Content-Length: 1000\r\n\r\n{"customer":`)
    raw.socket.destroy()
  }
  expect(await codeOf(await shop.post('/sales/order/o-1/PlaceOrder', {}))).toBe('400 MESSAGE_INVALID')
  expect(shop.errors).toEqual([])
})
