import { expect, test } from 'vitest'
import { codeOf } from './problem-of.ts'
import { type RawSocket, rawSocket } from './raw-socket.ts'
import { type StartedShop, sampleOrder, startShop } from './start-shop.ts'

const orders = 16
const path = `/sales/feed?after=${Array.from({ length: 16 }, () => '0').join(',')}`

/** A shop whose news are larger than what the system's own buffers take for a caller that does not read. */
async function shopWithMuchToSay(limits: Readonly<Record<string, number>>): Promise<StartedShop> {
  const shop = await startShop({ gateway: { limits } })
  const sku = 'x'.repeat(900_000)
  for (let at = 0; at < orders; at++)
    await shop.place(`o-${at}`, { lines: [{ ...sampleOrder.lines[0], sku }] })
  return shop
}

/** A caller that asks and then takes nothing; it is given back once its answer has begun. */
async function slowCaller(shop: StartedShop): Promise<RawSocket> {
  const raw = await rawSocket(shop.url)
  raw.socket.once('data', () => raw.socket.pause())
  raw.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await raw.until(/^HTTP\/1\.1 200/)
  return raw
}

test('large answers that nobody takes are bounded; what is small goes on, and so does all when they are gone', async () => {
  const shop = await shopWithMuchToSay({ answersMaxBytes: 20_000_000 })
  const slow = await slowCaller(shop)
  const refused = await shop.get(path)
  expect(refused.headers.get('etag')).toBeNull()
  expect(refused.headers.get('link')).toBeNull()
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await codeOf(refused)).toBe('503 OVERLOADED')
  expect((await shop.get('/sales/feed')).status).toBe(200)
  slow.socket.destroy()
  await expect.poll(async () => (await shop.get(path)).status).toBe(200)
})

test('an answer larger than the bound is sent when it is alone', async () => {
  const shop = await shopWithMuchToSay({ answersMaxBytes: 1_000_000 })
  const answer = await shop.get(path)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toHaveLength(orders)
})

test('a caller that is too slow is cut when another needs the room', async () => {
  const shop = await shopWithMuchToSay({ answersMaxBytes: 20_000_000, answerMs: 0 })
  const slow = await slowCaller(shop)
  const answer = await shop.get(path)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toHaveLength(orders)
  slow.socket.resume()
  const said = await slow.closed()
  expect(Number(/content-length: (\d+)/i.exec(said)?.[1])).toBeGreaterThan(said.length)
})
