import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rawSocket, statusesIn } from './raw-socket.ts'
import { sampleOrder, startShop } from './start-shop.ts'

const part = fc.oneof(
  fc.constantFrom(
    'sales',
    'billing',
    'admin',
    'order',
    'orders',
    'feed',
    'o-1',
    'PlaceOrder',
    'CancelOrder',
    'errors'
  ),
  fc.constantFrom(
    'dead-letters',
    'entities',
    'rebuilds',
    'history',
    'status',
    'health',
    '',
    '__proto__',
    '%2e%2e',
    '*'
  ),
  fc.string({ maxLength: 8, unit: 'grapheme' }).map(encodeURIComponent),
  fc.string({ maxLength: 5, unit: 'grapheme-ascii' }).map((text) => text.replaceAll(/[\s#?]/g, '%'))
)
const parameter = fc
  .tuple(
    fc.constantFrom(
      'after',
      'limit',
      'waitMs',
      'order',
      'cursor',
      'customer',
      'totalPence[gt]',
      'at',
      'x[',
      '__proto__'
    ),
    fc.oneof(
      fc.constantFrom('0', '1', '-1', 'sales:0:1', '1e9', '%00', '[]'),
      fc.string({ maxLength: 6, unit: 'grapheme' }).map(encodeURIComponent)
    )
  )
  .map((pair) => pair.join('='))
const body = fc.oneof(
  fc.constant(JSON.stringify(sampleOrder)),
  fc.json({ maxDepth: 3 }),
  fc.string({ maxLength: 20, unit: 'binary' })
)
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'QUERY'),
  path: fc.array(part, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
  query: fc.array(parameter, { maxLength: 3 }).map((parameters) => parameters.join('&')),
  type: fc.constantFrom(
    'application/json',
    'application/json',
    'text/plain',
    'application/json;charset=x',
    '"'
  ),
  body
})

test('whatever is asked, nothing goes wrong inside, and every answer is whole', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, type, body: text }) => {
      const bytes = Buffer.from(text)
      const lines = [
        `${method} ${path}?${query} HTTP/1.1`,
        'Host: localhost',
        'Connection: close',
        `Content-Type: ${type}`,
        `Content-Length: ${bytes.length}`
      ]
      const raw = await rawSocket(shop.url)
      raw.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]))
      const statuses = statusesIn(await raw.closed())
      expect(statuses).toHaveLength(1)
      expect(statuses[0]).toBeLessThan(500)
      seen.add(statuses[0] as number)
    }),
    { numRuns: 400, interruptAfterTimeLimit: 20_000 }
  )
  expect(shop.errors).toEqual([])
  for (const status of [200, 400, 404, 405]) expect(seen).toContain(status)
}, 30_000)
