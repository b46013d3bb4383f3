import { expect, test } from 'vitest'
import { codeOf, problemOf } from './problem-of.ts'
import { type RawSocket, rawSocket, statusesIn } from './raw-socket.ts'
import { type StartedShop, sampleOrder, startShop } from './start-shop.ts'

const body = JSON.stringify(sampleOrder)
const head = (path: string, ...lines: readonly string[]): string =>
  [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', ...lines, '', ''].join(
    '\r\n'
  )

const place = (key: string): string => `/sales/order/${key}/PlaceOrder`

async function sent(shop: StartedShop, text: string | Buffer): Promise<RawSocket> {
  const raw = await rawSocket(shop.url)
  raw.write(text)
  return raw
}

const orders = async (shop: StartedShop): Promise<readonly string[]> =>
  (await shop.system.service('sales').entities('order', '', 100)).map(({ key }) => key)

const smuggled = `${head(place('smuggled'), `Content-Length: ${body.length}`)}${body}`
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

const ambiguous: readonly [name: string, text: string][] = [
  ['CL.TE', head(place('o-1'), `Content-Length: ${chunked.length}`, 'Transfer-Encoding: chunked') + chunked],
  ['TE.CL', head(place('o-1'), 'Transfer-Encoding: chunked', 'Content-Length: 4') + chunked],
  ['two lengths', head(place('o-1'), 'Content-Length: 0', `Content-Length: ${body.length}`) + body],
  ['two lengths in one', head(place('o-1'), `Content-Length: 0, ${body.length}`) + body],
  ['a signed length', head(place('o-1'), `Content-Length: +${body.length}`) + body],
  ['a length in hex', head(place('o-1'), `Content-Length: 0x${body.length.toString(16)}`) + body],
  ['TE that is not chunked last', head(place('o-1'), 'Transfer-Encoding: chunked, identity') + chunked],
  ['TE in disguise', head(place('o-1'), 'Transfer-Encoding: xchunked') + chunked],
  ['a space before the colon', head(place('o-1'), `Content-Length : ${body.length}`) + body],
  ['a folded header', head(place('o-1'), 'X-A: b', ' Content-Length: 5') + body],
  [
    'a bare line feed',
    head(place('o-1'), `Content-Length: ${body.length}`).replace('Host: localhost\r\n', 'Host: localhost\n') +
      body
  ],
  ['a bare carriage return', head(place('o-1'), 'X-A: b\rContent-Length: 5') + body],
  ['a null byte in a header', head(place('o-1'), 'X-A: b\0c') + body],
  [
    'a chunk size that is none',
    `${head(place('o-1'), 'Transfer-Encoding: chunked')}zz\r\n${body}\r\n0\r\n\r\n`
  ],
  ['a negative chunk size', `${head(place('o-1'), 'Transfer-Encoding: chunked')}-1\r\n${body}\r\n0\r\n\r\n`],
  ['two hosts', `GET /sales/orders HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`],
  [
    'a name with an underscore',
    head(place('o-1'), 'Idempotency_Key: k', `Content-Length: ${body.length}`) + body
  ],
  ['no HTTP at all', 'HELLO\r\n\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']
]

test.each(ambiguous)('%s is refused, nothing is done, and nothing behind it is read', async (_, text) => {
  const shop = await startShop()
  const raw = await sent(shop, text + smuggled)
  const said = await raw.until(/"code":"\w+"|HTTP\/1\.1 400[\s\S]*\r\n\r\n/)
  raw.socket.end()
  await raw.closed()
  expect(statusesIn(raw.said)).not.toContain(200)
  expect(statusesIn(said)[0]).toBe(400)
  expect(await orders(shop)).toEqual([])
})

test('a request without a host is refused', async () => {
  const shop = await startShop()
  const raw = await sent(shop, 'GET /sales/orders HTTP/1.1\r\n\r\n')
  expect(statusesIn(await raw.closed())).toEqual([400])
})

test('requests that follow each other on one connection are answered in their order', async () => {
  const shop = await startShop()
  const one = (key: string): string => head(place(key), `Content-Length: ${body.length}`) + body
  const raw = await sent(
    shop,
    `${one('a')}${one('b')}${head(place('c'), 'Transfer-Encoding: chunked')}${chunked}`
  )
  const said = await raw.until(/(OrderPlaced[\s\S]*){3}/)
  expect(statusesIn(said)).toEqual([200, 200, 200])
  expect(await orders(shop)).toEqual(['a', 'b', 'c'])
})

test.each([
  ['nonsense behind it', head(place('o-1'), `Content-Length: ${body.length}`) + body, 'NONSENSE\r\n\r\n'],
  [
    'more behind the end it announced',
    head(place('o-1'), 'Connection: close', `Content-Length: ${body.length}`) + body,
    smuggled
  ]
])('a request that arrived whole is not refused for %s', async (_, whole, behind) => {
  const shop = await startShop()
  const raw = await sent(shop, whole + behind)
  const said = await raw.closed()
  expect(statusesIn(said)).toEqual([200])
  expect(said).toContain('OrderPlaced')
  expect(said).toMatch(/connection: close\r\n/i)
  expect(await orders(shop)).toEqual(['o-1'])
})

test('a request for a whole address is served when its Host says the same, and links stay paths', async () => {
  const shop = await startShop()
  const answerTo = async (target: string, host: string): Promise<string> =>
    (await sent(shop, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).closed()
  const served = await answerTo('http://localhost/sales/feed/0?after=0', 'localhost')
  expect(statusesIn(served)).toEqual([200])
  expect(served).toMatch(/link: <\/sales\/feed\/0\?after=0>/)
  expect(statusesIn(await answerTo('http://localhost', 'localhost'))).toEqual([200])
  for (const target of [
    'http://evil.example/sales/feed/0',
    'http://localhost@evil.example/',
    '*',
    'sales/feed/0'
  ])
    expect(statusesIn(await answerTo(target, 'localhost'))).toEqual([400])
})

test('headers that are too large or too many are refused', async () => {
  const shop = await startShop()
  const large = await sent(shop, head('/sales/orders', `X-A: ${'x'.repeat(9_000)}`))
  expect(statusesIn(await large.closed())).toEqual([431])
  expect(large.said).toContain('"code":"HEADERS_TOO_LARGE"')
  const many = Array.from({ length: 120 }, (_, at) => `X-${at}: 1`)
  const counted = await sent(shop, head(place('o-1'), ...many, `Content-Length: ${body.length}`) + body)
  expect(await counted.until(/"code":"\w+"/)).toContain('HEADERS_TOO_LARGE')
  expect(statusesIn(await counted.closed())).toEqual([431])
  const tiny = Array.from({ length: 3_000 }, () => 'a:')
  expect(statusesIn(await (await sent(shop, head('/', ...tiny))).closed())).toEqual([431])
  const address = await sent(shop, head(`/${'x'.repeat(9_000)}`))
  expect(statusesIn(await address.closed())).toEqual([431])
})

test('a refusal below HTTP is a problem too, and the connection ends', async () => {
  const shop = await startShop()
  const raw = await sent(shop, 'GET / HTTP/1.1\r\nHost localhost\r\n\r\n')
  const [top = '', text = ''] = (await raw.closed()).split('\r\n\r\n')
  expect(top).toMatch(/content-type: application\/problem\+json/)
  expect(top).toMatch(/connection: close/)
  expect(JSON.parse(text)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  expect(top).toContain(`content-length: ${text.length}`)
})

test('an address that nobody serves is 404, whatever is sent to it', async () => {
  const shop = await startShop()
  expect(await codeOf(await shop.get('/a/b/c/d/e'))).toBe('404 ROUTE_UNKNOWN')
  expect(await codeOf(await shop.post('/sales/order/o-1', {}))).toBe('405 METHOD_UNKNOWN')
  expect(await codeOf(await shop.post('/a/b/c/d/e', 'nonsense', { 'content-type': 'text/plain' }))).toBe(
    '404 ROUTE_UNKNOWN'
  )
  expect(await codeOf(await shop.get('/admin/nothing/at/all'))).toBe('404 ROUTE_UNKNOWN')
})

test('a method that an address does not take is told with those that it takes', async () => {
  const shop = await startShop()
  const methods = ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'PURGE']
  for (const method of methods) {
    const raw = await sent(shop, `${method} /sales/orders HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const said = await raw.until(/"code":"\w+"/)
    expect(statusesIn(said)).toEqual([405])
    expect(said).toMatch(/allow: GET, HEAD, OPTIONS\r\n/i)
  }
  const command = await fetch(shop.url + place('o-1'), { method: 'GET' })
  expect(command.headers.get('allow')).toBe('POST, OPTIONS')
  expect(await codeOf(command)).toBe('405 METHOD_UNKNOWN')
  const options = await fetch(shop.url + place('o-1'), { method: 'OPTIONS' })
  expect(options.status).toBe(204)
  expect(options.headers.get('allow')).toBe('POST, OPTIONS')
})

test('HEAD answers as GET does, without the body', async () => {
  const shop = await startShop()
  await shop.place('o-1')
  await shop.system.idle()
  const [get, head] = await Promise.all([
    shop.get('/sales/orders/o-1'),
    fetch(`${shop.url}/sales/orders/o-1`, { method: 'HEAD' })
  ])
  expect(head.status).toBe(200)
  expect(head.headers.get('etag')).toBe(get.headers.get('etag'))
  expect(head.headers.get('content-length')).toBe(String((await get.text()).length))
  expect(await head.text()).toBe('')
})

test('CONNECT and upgrades get nothing', async () => {
  const shop = await startShop()
  const connect = await sent(shop, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')
  expect(statusesIn(await connect.closed())).not.toContain(200)
  const upgrade = await sent(
    shop,
    'GET /sales/orders HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  )
  expect(statusesIn(await upgrade.until(/HTTP\/1\.1 \d+/))).not.toContain(101)
})

test('what goes wrong inside is logged with an id and tells the caller nothing else', async () => {
  const shop = await startShop()
  const sales = shop.system.service('sales')
  Object.assign(sales, { query: () => Promise.reject(new TypeError('secret of the house')) })
  const answer = await shop.get('/sales/orders')
  const text = await answer.clone().text()
  const problem = await problemOf(answer)
  expect(text).not.toMatch(/secret|TypeError|\.ts/)
  expect(problem).toMatchObject({ status: 500, code: 'INTERNAL' })
  expect(problem.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(shop.errors).toHaveLength(1)
  expect(shop.errors[0]).toMatchObject({ traceId: problem.traceId, path: '/sales/orders' })
})

test('every problem says where it is explained', async () => {
  const shop = await startShop()
  const problem = await problemOf(await shop.get('/sales/orders/nobody'))
  const explained = await shop.get(problem.type)
  expect(await explained.json()).toEqual({
    code: 'ROW_UNKNOWN',
    meaning: problem.title,
    status: 404,
    retry: 'never'
  })
  expect(await codeOf(await shop.get('/errors/NOTHING'))).toBe('404 ROUTE_UNKNOWN')
  expect(await codeOf(await shop.get('/errors/orders'))).toBe('404 SERVICE_UNKNOWN')
})
