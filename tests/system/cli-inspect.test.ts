import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  type Ended,
  emptyDirectory,
  ended,
  type RunningShop,
  runningShop,
  shopDirectory,
  typed
} from './skerry-process.ts'

interface Asked {
  readonly cwd: string
  readonly shop: RunningShop
  /** What a command says, to its end; it must end well. */
  lines(...args: readonly string[]): Promise<readonly string[]>
  json<Answer>(...args: readonly string[]): Promise<Answer>
}

async function askedShop(): Promise<Asked> {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  const well = async (args: readonly string[]): Promise<string> => {
    const { code, output, errors } = await ended(args, { cwd })
    expect({ args, code, errors }).toEqual({ args, code: 0, errors: '' })
    return output
  }
  return {
    cwd,
    shop,
    lines: async (...args) => (await well(args)).trimEnd().split('\n'),
    json: async (...args) => JSON.parse(await well([...args, '--json']))
  }
}

interface Letters {
  readonly services: readonly {
    readonly deadLetters: readonly { readonly number: number; readonly status: string }[]
  }[]
}

/** How many messages are parked in that status. */
async function parked({ json }: Asked, status: string): Promise<number> {
  const { services } = await json<Letters>('dlq', 'list', '--status', status)
  return services.flatMap(({ deadLetters }) => deadLetters).length
}

async function withDeadLetter(): Promise<Asked> {
  const asked = await askedShop()
  expect(await asked.shop.place('o-1', 'poison')).toBe(200)
  await expect.poll(() => parked(asked, 'dead'), { timeout: 60_000, interval: 100 }).toBe(1)
  return asked
}

test('services, parts, entities, rows and states are shown, each in its place', async () => {
  const { lines, json, shop } = await askedShop()
  for (const key of ['a/b', 'o-1', 'o-2']) expect(await shop.place(encodeURIComponent(key))).toBe(200)
  const settled = async (): Promise<unknown> => (await lines('inspect')).at(-1)?.split(/ +/)
  await expect
    .poll(settled, { timeout: 60_000, interval: 100 })
    .toEqual(['sales', 'running', '3', '0', '0', '0', '0'])
  const service = await lines('inspect', 'sales')
  expect(service[0]).toBe('sales: running, 3 messages said, 0 commands queued, 0 timers, 0 dead letters')
  expect(service).toContainEqual(expect.stringMatching(/^order +machine +PlaceOrder$/))
  expect(service).toContainEqual(expect.stringMatching(/^orders +sales +3 +3 +0 +0$/))
  expect(await lines('inspect', 'sales/order')).toEqual([
    'key  status    messages  state',
    'a/b  accepted         1  {"status":"accepted","customerId":"c-1","total":5}',
    'o-1  accepted         1  {"status":"accepted","customerId":"c-1","total":5}',
    'o-2  accepted         1  {"status":"accepted","customerId":"c-1","total":5}'
  ])
  expect(await lines('inspect', 'sales/order', '--limit', '1')).toContain(
    "More: skerry inspect sales/order --after 'a/b'"
  )
  expect(await lines('inspect', 'sales/order', '--after', 'o-1')).toHaveLength(2)
  expect(await lines('inspect', 'sales/orders', '--after', 'a/b', '--limit', '1')).toEqual([
    'key  row',
    'o-1  {"customerId":"c-1","total":5}',
    "More: skerry inspect sales/orders --after 'o-1'"
  ])
  expect((await lines('inspect', 'sales/order/a/b'))[0]).toBe('order a/b: accepted, 1 message')
  expect(await json('inspect', 'sales/orders/a/b')).toEqual({
    key: 'a/b',
    data: { customerId: 'c-1', total: 5 }
  })
})

test('the history of a key has the positions at which its past can be asked for', async () => {
  const { lines, json, shop, cwd } = await askedShop()
  await shop.place('o-1')
  const [head = '', row = ''] = await lines('inspect', 'sales/order/o-1', '--history')
  expect(head).toMatch(/^position +time +message +data$/)
  const [, position = ''] = /^ *(\d+) .* OrderAccepted +\{"customerId":"c-1","total":5\}$/.exec(row) ?? []
  expect(await json('inspect', 'sales/order/o-1', '--at', position)).toMatchObject({ sequence: 1 })
  const before = await ended(['inspect', 'sales/order/o-1', '--at', '0'], { cwd })
  expect(before).toMatchObject({ code: 1 })
  expect(before.errors).toMatch(/Nothing ever happened to that key\. Not up to position 0/)
})

const unknown: readonly (readonly [address: string, message: RegExp])[] = [
  ['sale', /There is no service of that name here\. Here are sales/],
  ['sales/ordr', /sales has order, orders, greeter, but no 'ordr'; did you mean 'order'\?/],
  ['sales/greeter', /sales\/greeter is an actor: it keeps nothing that could be shown/],
  ['sales/order/nobody', /Nothing ever happened to that key/],
  ['sales/orders/nobody', /The projection has no row with that key/]
]

test('what is not there is said to be so, with what is there', async () => {
  const { cwd } = await askedShop()
  for (const [address, message] of unknown) {
    const { code, output, errors } = await ended(['inspect', address], { cwd })
    expect({ address, code, output }).toEqual({ address, code: 1, output: '' })
    expect(errors).toMatch(message)
  }
})

test('a dead letter is listed, shown, edited and redriven, and says honestly how that ended', async () => {
  const asked = await withDeadLetter()
  const { lines, json, cwd } = asked
  const [head = '', letter = ''] = await lines('dlq', 'list')
  expect(head).toMatch(/^letter +status +part +key +message +attempts +age +failure$/)
  expect(letter).toMatch(/^sales\/1 +dead +orders +\S+ +OrderAccepted +5 +\d+ s +.*That cannot be folded/)
  const shown = await lines('dlq', 'show', 'sales/1')
  expect(shown).toContainEqual(expect.stringMatching(/^failure +.*That cannot be folded/))
  expect(shown.join('\n')).toContain('"customerId": "poison"')
  const again = await ended(['dlq', 'redrive', 'sales/1'], { cwd })
  expect(again).toMatchObject({ code: 1, output: 'sales/1 failed again and is dead as before.\n' })
  const wrong = await ended(['dlq', 'edit', 'sales/1', '--to', '{"customerId":1}'], { cwd })
  expect(wrong).toMatchObject({ code: 1, output: '' })
  expect(wrong.errors).toMatch(/\/customerId: [\s\S]*\/total: /)
  writeFileSync(join(cwd, 'data.json'), '{"customerId":"c-9","total":7}')
  expect(await lines('dlq', 'edit', 'sales/1', '--file', 'data.json', '--by', 'Ada')).toEqual([
    "sales/1 is changed; 'skerry dlq redrive sales/1' tries it again."
  ])
  expect(await lines('dlq', 'redrive', '--all', 'sales')).toEqual([
    'sales/1 is done; what waited behind it follows.'
  ])
  expect(await json('inspect', 'sales/orders/o-1')).toMatchObject({ data: { customerId: 'c-9', total: 7 } })
  expect(await lines('dlq', 'list')).toEqual(['There are none.'])
  const { audit } = (await (await fetch(`${asked.shop.url}/admin/sales/audit`)).json()) as {
    readonly audit: readonly { readonly action: string; readonly by: string }[]
  }
  expect(audit).toContainEqual(expect.objectContaining({ action: 'dead-letter.edit', by: 'Ada' }))
})

test("the user's editor may change the data; what it leaves as it was changes nothing", async () => {
  const { cwd, lines } = await withDeadLetter()
  const editedBy = (editor: string): Promise<Ended> =>
    ended(['dlq', 'edit', 'sales/1'], { cwd, env: { EDITOR: editor } })
  expect(await editedBy('true')).toMatchObject({ code: 0, output: '', errors: 'Nothing was changed.\n' })
  expect((await editedBy('false')).errors).toMatch(/The editor 'false' failed; nothing was changed/)
  expect((await editedBy('echo {{ >')).errors).toMatch(/What the editor left is no JSON/)
  expect(await lines('dlq', 'show', 'sales/1')).toContain('  "customerId": "poison",')
  expect(await editedBy('sed -i s/poison/c-7/')).toMatchObject({ code: 0, errors: '' })
  expect(await lines('dlq', 'show', 'sales/1')).toContain('  "customerId": "c-7",')
})

test('data may come from standard input, and a letter that is discarded is gone', async () => {
  const asked = await withDeadLetter()
  const { cwd, lines } = asked
  const piped = typed(`sh -c 'echo "{}" | skerry dlq edit sales/1 --file -'`, { cwd })
  expect((await piped.ended).errors).toMatch(/\/customerId: /)
  expect(await lines('dlq', 'discard', 'sales/1', '--reason', 'a test')).toEqual([
    'sales/1 is dropped; what waited behind it follows.'
  ])
  const gone = await ended(['dlq', 'show', 'sales/1', '--json'], { cwd })
  expect(JSON.parse(gone.output)).toMatchObject({ error: { code: 'DEAD_LETTER_UNKNOWN' } })
  expect(gone.code).toBe(1)
})

test('a projection is rebuilt while somebody waits, and a machine at once', async () => {
  const { lines, json, shop, cwd } = await askedShop()
  for (const key of ['a', 'b', 'c']) await shop.place(key)
  expect(await lines('rebuild', 'sales/orders', '--wait')).toEqual([
    'sales/orders is rebuilt: 3 events read, generation 2 serves.'
  ])
  expect(await json('rebuild', 'sales/orders', '--wait')).toMatchObject({
    generation: 3,
    state: 'done',
    processed: 3
  })
  expect(await lines('rebuild', 'sales/orders')).toHaveLength(1)
  expect(await lines('rebuild', 'sales/order')).toEqual(['sales/order is rebuilt: 3 states folded anew.'])
  const actor = await ended(['rebuild', 'sales/greeter'], { cwd })
  expect(actor.code).toBe(1)
  expect(actor.errors).toMatch(/'greeter' is a actor|'greeter' is an actor/)
})

test('where nothing runs, one line says so and what to do', async () => {
  const cwd = emptyDirectory()
  const nobody = await ended(['inspect', '--url', 'http://127.0.0.1:9'], { cwd })
  expect(nobody).toMatchObject({ code: 1, output: '' })
  expect(nobody.errors).toMatch(
    /Nothing is at http:\/\/127\.0\.0\.1:9 \(ECONNREFUSED\): start it with 'skerry run'/
  )
  expect(nobody.errors.trim().split('\n')).toHaveLength(1)
  const shops = shopDirectory()
  const shop = await runningShop(shops)
  await shop.stop('SIGKILL')
  const killed = await ended(['dlq', 'list'], { cwd: shops })
  expect(killed.errors).toContain(`Process ${shop.program.child.pid}, which ran it at ${shop.url}, is gone`)
})

test('a command reaches the system of its data directory and no other, also when another has its last address', async () => {
  const mine = shopDirectory()
  const killed = await runningShop(mine)
  await killed.stop('SIGKILL')
  const { port } = new URL(killed.url)
  const other = await runningShop(shopDirectory(), { PORT: port })
  expect(other.url).toBe(killed.url)
  const lines = [
    ['inspect'],
    ['dlq', 'list'],
    ['dlq', 'redrive', '--all', 'sales'],
    ['rebuild', 'sales/orders']
  ]
  for (const args of lines) {
    const refused = await ended([...args, '--json'], { cwd: mine })
    expect({ args, code: refused.code }).toEqual({ args, code: 1 })
    expect(JSON.parse(refused.output)).toMatchObject({ error: { code: 'SYSTEM_UNREACHABLE' } })
    expect(refused.output).toContain(
      `Process ${killed.program.child.pid}, which ran it at ${killed.url}, is gone`
    )
  }
  const fresh = await ended(['inspect'], { cwd: emptyDirectory() })
  expect(fresh).toMatchObject({ code: 1, output: '' })
  expect(fresh.errors).toMatch(
    /Nothing runs on \.data: start it with 'skerry run', or say .* --url or --data/
  )
  const named = await ended(['inspect', '--url', other.url], { cwd: mine })
  expect(named).toMatchObject({ code: 0, errors: '' })
  const examined = await ended(['doctor', '--json'], { cwd: mine })
  expect(JSON.parse(examined.output)).toMatchObject({ healthy: true })
  expect(examined.output).toContain('does not run')
})

test('a run that was killed leaves no address to the one that starts after it', async () => {
  const cwd = shopDirectory()
  const killed = await runningShop(cwd)
  await killed.stop('SIGKILL')
  const record = join(cwd, '.data', 'skerry.json')
  expect(existsSync(record)).toBe(true)
  const failing = await ended(['run'], { cwd, env: { SHOP: 'fails' } })
  expect(failing.code).toBe(1)
  expect(existsSync(record)).toBe(false)
})

test('another program that answers is not taken for a system', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/admin/status' ? 200 : 404
    response.end('<h1>Hello</h1>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const args of [['inspect'], ['inspect', 'sales'], ['rebuild', 'a/b'], ['doctor']]) {
    const { code, output, errors } = await ended([...args, '--url', url], { cwd: shopDirectory() })
    expect(code).toBe(1)
    expect(output + errors).toContain(`What answers at ${url} is no Skerry system`)
  }
})
