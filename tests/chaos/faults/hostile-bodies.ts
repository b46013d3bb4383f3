import type { Campaign } from '../campaign.ts'
import { between } from '../chance.ts'
import type { Fault } from '../fault.ts'
import { deposit, post, rawCaller, type Sent } from '../http-client.ts'
import { endServed, type ServedBank, servedBank } from '../served-bank.ts'

const nested = (levels: number): string => '{"pence":'.repeat(levels)
const depositOf = (note: string): string => `{"pence":1,"note":${note}}`

/** Bodies that nobody means well with. None of them may be accepted, nor do harm. */
const hostile: Readonly<Record<string, () => Sent>> = {
  nothing: () => ({ body: '' }),
  'no JSON': () => ({ body: '{"pence":' }),
  'half of it': () => ({ body: depositOf('"x').slice(0, -1) }),
  'two of them': () => ({ body: depositOf('"x"').repeat(2) }),
  'no UTF-8': () => ({ body: Buffer.from('{"pence":1,"note":"\xff\xfe"}', 'latin1') }),
  'another kind': () => ({ body: 'pence=1', headers: { 'content-type': 'text/plain' } }),
  'another charset': () => ({
    body: depositOf('"x"'),
    headers: { 'content-type': 'application/json; charset=utf-16' }
  }),
  'packed, it says': () => ({ body: depositOf('"x"'), headers: { 'content-encoding': 'gzip' } }),
  'a hidden prototype': () => ({ body: '{"pence":1,"note":"x","__proto__":{"pence":1000000}}' }),
  'a hidden constructor': () => ({ body: '{"pence":1,"constructor":{"prototype":{"rich":true}}}' }),
  'half a character': () => ({ body: depositOf('"\\ud800"') }),
  'a number that is none': () => ({ body: '{"pence":1e999,"note":"x"}' }),
  'a number that JSON changes': () => ({ body: '{"pence":9007199254740993,"note":"x"}' }),
  'less than nothing': () => ({ body: '{"pence":-1000000,"note":"x"}' }),
  'a part of a penny': () => ({ body: '{"pence":0.5,"note":"x"}' }),
  'a field too many': () => ({ body: '{"pence":1,"note":"x","admin":true}' }),
  'far too deep': () => ({ body: nested(100_000) }),
  'a list without end': () => ({ body: `{"note":[${'['.repeat(400_000)}` }),
  'a heap of values': () => ({ body: `{"note":[${'{},'.repeat(300_000)}{}]}` }),
  'a large text': () => ({ body: depositOf(`"${'x'.repeat(3_000_000)}"`) }),
  'a key that is no key': () => ({ body: depositOf('"x"'), headers: { 'idempotency-key': 'a"b' } }),
  'a huge header': () => ({ body: depositOf('"x"'), headers: { 'x-large': 'x'.repeat(20_000) } })
}

/** Bytes that no library would send. */
const raw: Readonly<Record<string, string>> = {
  'two lengths': 'Content-Length: 5\r\nContent-Length: 6\r\n\r\n{"a":1}',
  'a length and chunks': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'chunks that are none': 'Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  'less than it says': 'Content-Length: 400\r\n\r\n{"pence":1',
  'a negative length': 'Content-Length: -1\r\n\r\n{}'
}

async function sendRaw({ url }: ServedBank, bytes: string): Promise<string> {
  const socket = await rawCaller(url)
  let said = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.end(
    `POST /bank/account/raw/Deposit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n${bytes}`
  )
  const late = setTimeout(() => socket.destroy(), 5_000)
  await closed
  clearTimeout(late)
  return said
}

/** Sends all of them, with commands in between that mean well; gives how many were refused. */
async function attack(campaign: Campaign, served: ServedBank, number: number): Promise<number> {
  const { url, lives } = served
  let refused = 0
  for (const [what, make] of Object.entries(hostile)) {
    const { status, text } = await post(url, `/bank/account/a${between(0, 9)}/Deposit`, make())
    if (status >= 400 && status < 500) refused += 1
    else campaign.violated(`${what}: it was answered ${status} ${text.slice(0, 200)}`)
    const well = await deposit(url, lives.ledger, `well-${number}-${what.replaceAll(/\W/g, '-')}`)
    if (well.status !== 200) campaign.violated(`After ${what} a good command was answered ${well.status}.`)
  }
  for (const [what, bytes] of Object.entries(raw)) {
    const said = await sendRaw(served, bytes)
    const [first = ''] = /^HTTP\/1\.1 \d+/.exec(said) ?? []
    if (!first.startsWith('HTTP/1.1 2') && !first.startsWith('HTTP/1.1 5')) refused += 1
    else campaign.violated(`${what}: it was answered ${said.slice(0, 200)}`)
  }
  return refused
}

/** Bodies that are malformed, huge or meant to do harm: each is refused, and others do not notice. */
export const hostileBodies: Fault = {
  name: 'hostile-bodies',
  story: 'bodies that are malformed, huge or hostile, and commands in between that mean well',
  times: { quick: 1, long: 30 },
  missing: () => undefined,
  run: (campaign) =>
    campaign.lanes(1, async (_, number) => {
      const served = await servedBank(campaign)
      const refused = await attack(campaign, served, number)
      if (refused === Object.keys(hostile).length + Object.keys(raw).length) campaign.fired()
      await endServed(campaign, served, 'after hostile bodies')
    })
}
