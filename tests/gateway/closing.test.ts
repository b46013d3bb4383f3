import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { gateway } from '../../src/gateway/index.ts'
import { heldStore } from './held-store.ts'
import { rawSocket, statusesIn } from './raw-socket.ts'
import { sampleOrder, startShop } from './start-shop.ts'

const body = JSON.stringify(sampleOrder)
const place = (key: string): string =>
  `POST /sales/order/${key}/PlaceOrder HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

test('a request under way is answered before the gateway is closed', async () => {
  const held = heldStore()
  const shop = await startShop({ store: held.wrap })
  held.hold()
  const raw = await rawSocket(shop.url)
  raw.write(place('o-1'))
  await held.waiting()
  let isClosed = false
  const closing = shop.close().then(() => {
    isClosed = true
  })
  await expect(fetch(shop.url)).rejects.toThrow()
  expect(isClosed).toBe(false)
  held.release()
  expect(statusesIn(await raw.closed())).toEqual([200])
  await closing
})

test('idle connections and everything that only waits end at once', async () => {
  const shop = await startShop()
  const silent = await rawSocket(shop.url)
  const idle = await rawSocket(shop.url)
  idle.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await idle.until(/"live":true/)
  const poll = await rawSocket(shop.url)
  poll.write('GET /sales/feed/0?after=0&waitMs=30000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const wait = await rawSocket(shop.url)
  wait.write('GET /sales/orders?after=sales:0:7&waitMs=30000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect((await shop.get('/health/live')).status).toBe(200)
  const startedMs = performance.now()
  await shop.close()
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  expect(statusesIn(await poll.closed())).toEqual([200])
  expect(statusesIn(await idle.closed())).toEqual([200])
  expect(statusesIn(await wait.closed())).toEqual([503])
  expect(wait.said).toContain('"code":"STOPPING"')
  expect(await silent.closed()).toBe('')
})

test('a request that never ends is cut when the time for closing is over', async () => {
  const shop = await startShop({ gateway: { limits: { closeMs: 200 } } })
  const raw = await rawSocket(shop.url)
  raw.write('POST /sales/order/o-1/PlaceOrder HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n')
  expect((await shop.get('/health/live')).status).toBe(200)
  const startedMs = performance.now()
  await shop.close()
  expect(performance.now() - startedMs).toBeLessThan(3_000)
  await raw.closed()
})

test('requests that come on a connection while it closes are refused, not lost in silence', async () => {
  const held = heldStore()
  const shop = await startShop({ store: held.wrap })
  held.hold()
  const raw = await rawSocket(shop.url)
  raw.write(place('o-1'))
  await held.waiting()
  const closing = shop.close()
  raw.write(place('o-2'))
  held.release()
  const said = await raw.closed()
  await closing
  expect(statusesIn(said)[0]).toBe(200)
  const sales = shop.system.service('sales')
  const kept = (await sales.entities('order', '', 10)).map(({ key }) => key)
  expect(kept).toEqual(['o-1'])
})

test('closing twice is closing once', async () => {
  const shop = await startShop()
  expect(shop.close()).toBe(shop.close())
  await shop.close()
  await expect(fetch(shop.url)).rejects.toThrow()
})

test('a port that is taken is told by its code', async () => {
  const shop = await startShop()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const ports = { system: shop.system, bus: localBus(), clock: systemClock(), ids: systemIds(), log }
  const port = Number(new URL(shop.url).port)
  await expect(gateway({ ...ports, port })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await expect(gateway({ ...ports, port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID'
  })
})
