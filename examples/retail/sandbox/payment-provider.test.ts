import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CardRequest, chargeCard, refundCard, reverseCharge } from './payment-client.ts'
import { type RunningProvider, startPaymentProvider } from './payment-provider.ts'
import { testCards } from './test-cards.ts'

let folder = ''
let provider: RunningProvider

// The provider's timer, driven by the tests: what is scheduled runs when they say so.
const scheduled = new Map<() => void, number>()

function passTime(): void {
  const due = [...scheduled.keys()]
  scheduled.clear()
  for (const run of due) run()
}

function start(): Promise<RunningProvider> {
  return startPaymentProvider({
    port: 0,
    dataFile: join(folder, 'payments.db'),
    lateMs: 5_000,
    timeoutMs: 60_000,
    schedule: (run, delayMs) => {
      scheduled.set(run, delayMs)
      return () => scheduled.delete(run)
    }
  })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payment-provider-'))
  provider = await start()
})

afterEach(async () => {
  await provider.close()
  scheduled.clear()
  await rm(folder, { recursive: true })
})

function request(card: { number: string }, key = 'key-1', more: Partial<CardRequest> = {}): CardRequest {
  return {
    url: provider.url,
    card: card.number,
    pence: 1250,
    reference: 'order-1',
    idempotencyKey: key,
    ...more
  }
}

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = { 'idempotency-key': 'raw-1' }
) {
  const response = await fetch(new URL(path, provider.url), {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers }
  })
  return { response, body: (await response.json()) as Record<string, unknown> }
}

async function list(path: string): Promise<Record<string, unknown>[]> {
  const body = (await (await fetch(new URL(path, provider.url))).json()) as Record<
    string,
    Record<string, unknown>[]
  >
  return body[path.startsWith('/refunds') ? 'refunds' : 'charges'] ?? []
}

const trouble = (status: number, retriable: boolean) => expect.objectContaining({ status, retriable })
const nothing = { charged: 0, refunded: 0, count: 0, refundCount: 0 }

describe('the test cards', () => {
  test('the approving card is charged and refunded at once', async () => {
    expect(await chargeCard(request(testCards.approved, 'c'))).toEqual({
      outcome: 'approved',
      providerId: 'ch_1'
    })
    expect(await refundCard(request(testCards.approved, 'r', { pence: 250 }))).toMatchObject({
      outcome: 'approved'
    })
    expect(provider.totals()).toEqual({ charged: 1250, refunded: 250, count: 1, refundCount: 1 })
  })

  test('the card without funds is declined, moves no money, and can still be refunded', async () => {
    const declined = { outcome: 'declined', reason: 'insufficient-funds' }
    expect(await chargeCard(request(testCards.insufficientFunds, 'c'))).toEqual(declined)
    expect(await chargeCard(request(testCards.insufficientFunds, 'c'))).toEqual(declined)
    expect(provider.totals()).toEqual(nothing)
    expect(await refundCard(request(testCards.insufficientFunds, 'r'))).toMatchObject({ outcome: 'approved' })
  })

  test('the closed account is charged, but its refund is declined', async () => {
    expect(await chargeCard(request(testCards.refundDeclined, 'c'))).toMatchObject({ outcome: 'approved' })
    const declined = { outcome: 'declined', reason: 'account-closed' }
    expect(await refundCard(request(testCards.refundDeclined, 'r'))).toEqual(declined)
    expect(provider.totals()).toEqual({ charged: 1250, refunded: 0, count: 1, refundCount: 0 })
  })

  test('the unavailable cards fail as often as they say for each key, and then approve', async () => {
    for (const [card, status, times] of [
      [testCards.unavailableTwice, 503, 2],
      [testCards.brokenOnce, 500, 1]
    ] as const) {
      for (const key of [`a-${status}`, `b-${status}`]) {
        for (let turn = 0; turn < times; turn += 1) {
          await expect(chargeCard(request(card, key))).rejects.toEqual(trouble(status, true))
        }
        expect(await chargeCard(request(card, key))).toMatchObject({ outcome: 'approved' })
      }
    }
    expect(provider.totals()).toMatchObject({ count: 4 })
  })

  test('the card that is always unavailable never moves money', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await expect(chargeCard(request(testCards.unavailable))).rejects.toEqual(trouble(503, true))
    }
    expect(provider.totals()).toEqual(nothing)
  })

  test('an invalid number and a number that is no test card are refused for good', async () => {
    await expect(chargeCard(request(testCards.refused))).rejects.toEqual(trouble(400, false))
    await expect(chargeCard(request({ number: '4242424242424242' }))).rejects.toEqual(trouble(400, false))
    expect(provider.totals()).toEqual(nothing)
  })

  test('GET /cards shows them all with their meaning', async () => {
    const { cards } = (await (await fetch(`${provider.url}/cards`)).json()) as { cards: unknown }
    expect(cards).toEqual(Object.values(testCards))
  })
})

describe('the late card', () => {
  test('answers only after its time, and a repeat that comes meanwhile gets the same answer', async () => {
    const first = chargeCard(request(testCards.late))
    await vi.waitFor(() => expect([...scheduled.values()]).toEqual([5_000]))
    const repeat = chargeCard(request(testCards.late))
    await expect(chargeCard(request(testCards.late, 'key-1', { pence: 9 }))).rejects.toEqual(
      trouble(422, false)
    )
    expect([...scheduled.values()]).toEqual([5_000])
    expect(provider.totals()).toEqual(nothing)

    passTime()
    expect(await first).toEqual({ outcome: 'approved', providerId: 'ch_1' })
    expect(await repeat).toEqual(await first)
    expect(scheduled.size).toBe(0)
    expect(provider.totals()).toMatchObject({ charged: 1250, count: 1 })
  })

  test('is charged also when the client has left, and says so to whoever asks again', async () => {
    const leaving = new AbortController()
    const left = chargeCard(request(testCards.late, 'key-1', { signal: leaving.signal }))
    await vi.waitFor(() => expect(scheduled.size).toBe(1))
    leaving.abort()
    await expect(left).rejects.toMatchObject({ retriable: true })
    expect(provider.totals()).toEqual(nothing)

    passTime()
    await vi.waitFor(() => expect(provider.totals().count).toBe(1))
    expect(await chargeCard(request(testCards.late))).toEqual({ outcome: 'approved', providerId: 'ch_1' })
    expect(provider.totals()).toMatchObject({ count: 1 })
  })

  test('is cut, not charged, when the provider closes, and a repeat starts over', async () => {
    const cut = chargeCard(request(testCards.late))
    await vi.waitFor(() => expect(scheduled.size).toBe(1))
    const [, outcome] = await Promise.all([provider.close(), cut.catch((error: unknown) => error)])
    expect(outcome).toMatchObject({ retriable: true })
    provider = await start()
    expect(provider.totals()).toEqual(nothing)

    const again = chargeCard(request(testCards.late))
    await vi.waitFor(() => expect(scheduled.size).toBe(1))
    passTime()
    expect(await again).toMatchObject({ outcome: 'approved' })
  })
})

describe('the silent cards', () => {
  test('the charged one never answers the first request, and answers its repeat', async () => {
    const leaving = new AbortController()
    const first = chargeCard(request(testCards.silentCharged, 'key-1', { signal: leaving.signal }))
    await vi.waitFor(() => expect(provider.totals().count).toBe(1))
    leaving.abort()
    await expect(first).rejects.toMatchObject({ retriable: true, status: undefined })
    expect(await chargeCard(request(testCards.silentCharged))).toEqual({
      outcome: 'approved',
      providerId: 'ch_1'
    })
    expect(provider.totals()).toMatchObject({ charged: 1250, count: 1 })
  })

  test('the other one is cut off when its time is over, every time, and nothing is charged', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const charge = chargeCard(request(testCards.silentNotCharged))
      await vi.waitFor(() => expect([...scheduled.values()]).toEqual([60_000]))
      passTime()
      await expect(charge).rejects.toMatchObject({ retriable: true, status: undefined })
    }
    expect(provider.totals()).toEqual(nothing)
  })

  test('a client that leaves frees what the provider held for it', async () => {
    const leaving = new AbortController()
    const charge = chargeCard(request(testCards.silentNotCharged, 'key-1', { signal: leaving.signal }))
    await vi.waitFor(() => expect(scheduled.size).toBe(1))
    leaving.abort()
    await expect(charge).rejects.toMatchObject({ retriable: true })
    await vi.waitFor(() => expect(scheduled.size).toBe(0))
  })
})

describe('idempotency', () => {
  test('a hundred requests with one key at the same time charge once and get one answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => chargeCard(request(testCards.approved)))
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(provider.totals()).toMatchObject({ charged: 1250, count: 1 })
  })

  test('a hundred keys at the same time are a hundred charges', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
    const answers = await Promise.all(keys.map((key) => chargeCard(request(testCards.approved, key))))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(100)
    expect(provider.totals()).toMatchObject({ charged: 125_000, count: 100 })
  })

  test('a key used for another amount, card, reference or for a refund is refused', async () => {
    await chargeCard(request(testCards.approved))
    for (const other of [
      chargeCard(request(testCards.approved, 'key-1', { pence: 1251 })),
      chargeCard(request(testCards.refundDeclined)),
      chargeCard(request(testCards.approved, 'key-1', { reference: 'order-2' })),
      refundCard(request(testCards.approved))
    ]) {
      await expect(other).rejects.toEqual(trouble(422, false))
    }
    expect(provider.totals()).toEqual({ charged: 1250, refunded: 0, count: 1, refundCount: 0 })
  })

  test('a restarted provider repeats approvals, declines and refunds, and marks repeats', async () => {
    const ask = async () => [
      await chargeCard(request(testCards.approved, 'approved')),
      await chargeCard(request(testCards.insufficientFunds, 'declined')),
      await refundCard(request(testCards.approved, 'refund'))
    ]
    const first = await ask()
    await provider.close()
    provider = await start()
    expect(await ask()).toEqual(first)
    expect(provider.totals()).toEqual({ charged: 1250, refunded: 1250, count: 1, refundCount: 1 })

    const body = { card: testCards.approved.number, pence: 5, reference: 'raw' }
    const [fresh, repeat] = [await post('/charges', body), await post('/charges', body)]
    expect(fresh.response.headers.get('idempotency-replayed')).toBeNull()
    expect(repeat.response.headers.get('idempotency-replayed')).toBe('true')
    expect(repeat.body).toEqual(fresh.body)
  })
})

describe('reversals', () => {
  const reverse = (chargeKey: string) => reverseCharge({ url: provider.url, chargeKey })

  test('a charge that happened is refunded once, however often it is reversed', async () => {
    await chargeCard(request(testCards.approved))
    const reversed = { outcome: 'reversed', providerId: 're_2', pence: 1250 }
    expect(await reverse('key-1')).toEqual(reversed)
    expect(await reverse('key-1')).toEqual(reversed)
    const other = await post('/reversals', { chargeKey: 'key-1' }, { 'idempotency-key': 'another key' })
    expect(other.body).toEqual({ outcome: 'reversed', id: 're_2', pence: 1250 })
    expect(provider.totals()).toEqual({ charged: 1250, refunded: 1250, count: 1, refundCount: 1 })
  })

  test('a charge that did not happen cannot happen any more once it is reversed', async () => {
    await expect(chargeCard(request(testCards.unavailableTwice))).rejects.toEqual(trouble(503, true))
    expect(await reverse('key-1')).toEqual({ outcome: 'nothing charged' })
    for (let turn = 0; turn < 3; turn += 1) {
      const outcome = await chargeCard(request(testCards.unavailableTwice))
      expect(outcome).toEqual({ outcome: 'declined', reason: 'reversed' })
    }
    expect(provider.totals()).toEqual(nothing)
  })

  test('a late charge that is reversed while it waits is declined when its time comes', async () => {
    const charge = chargeCard(request(testCards.late))
    await vi.waitFor(() => expect(scheduled.size).toBe(1))
    expect(await reverse('key-1')).toEqual({ outcome: 'nothing charged' })
    passTime()
    expect(await charge).toEqual({ outcome: 'declined', reason: 'reversed' })
    expect(provider.totals()).toEqual(nothing)
  })

  test('a silent charge that happened is found and refunded', async () => {
    const leaving = new AbortController()
    const charge = chargeCard(request(testCards.silentCharged, 'key-1', { signal: leaving.signal }))
    await vi.waitFor(() => expect(provider.totals().count).toBe(1))
    leaving.abort()
    await expect(charge).rejects.toMatchObject({ retriable: true })
    expect(await reverse('key-1')).toMatchObject({ outcome: 'reversed', pence: 1250 })
  })

  test('reversing a declined charge finds nothing and leaves its answer as it was', async () => {
    const declined = await chargeCard(request(testCards.insufficientFunds))
    expect(await reverse('key-1')).toEqual({ outcome: 'nothing charged' })
    expect(await chargeCard(request(testCards.insufficientFunds))).toEqual(declined)
  })
})

describe('the ledger over HTTP', () => {
  test('lists charges and refunds by reference and in pages, and adds them up', async () => {
    for (const [index, reference] of ['a', 'b', 'a', 'c'].entries()) {
      await chargeCard(request(testCards.approved, `charge-${index}`, { reference, pence: index + 1 }))
    }
    await refundCard(request(testCards.approved, 'refund', { reference: 'a', pence: 3 }))

    expect((await list('/charges?reference=a')).map(({ pence }) => pence)).toEqual([1, 3])
    expect(await list('/charges?reference=nobody')).toEqual([])
    const page = await list('/charges?limit=2')
    expect(page).toHaveLength(2)
    const rest = await list(`/charges?limit=9&after=${String(page[1]?.['seq'])}`)
    expect(rest.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['charge-2', 'charge-3'])
    expect(await list('/refunds')).toMatchObject([
      { id: 're_5', reference: 'a', pence: 3, idempotencyKey: 'refund' }
    ])

    const totals = { charged: 10, refunded: 3, count: 4, refundCount: 1 }
    expect(await (await fetch(`${provider.url}/totals`)).json()).toEqual(totals)
  })
})

describe('trouble', () => {
  const problemBody = { card: testCards.approved.number, pence: 1, reference: 'r' }

  test('every wrong field is named by its pointer, as a problem', async () => {
    const { response, body } = await post('/charges', { card: 7, pence: 1.5, colour: 'red' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(body).toMatchObject({ code: 'body-invalid', status: 400 })
    const pointers = (body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort()
    expect(pointers).toEqual(['/card', '/colour', '/pence', '/reference'])
  })

  test.each([
    ['a missing key', '/charges', problemBody, {}, 400],
    ['an amount of nothing', '/charges', { ...problemBody, pence: 0 }, undefined, 400],
    ['a body that is no JSON', '/refunds', '{"card', undefined, 400],
    ['a body that is no JSON by its type', '/refunds', 'hello', { 'content-type': 'text/plain' }, 415],
    ['a huge body', '/charges', { ...problemBody, reference: 'r'.repeat(20_000) }, undefined, 413],
    ['an unknown address', '/nowhere', problemBody, undefined, 404]
  ] as const)('%s is refused with a problem and records nothing', async (_, path, body, headers, status) => {
    const answer = await post(path, body, headers)
    expect(answer.response.status).toBe(status)
    expect(answer.body).toMatchObject({ status, title: expect.stringMatching(/./) })
    expect(provider.totals()).toEqual(nothing)
  })

  test('while the ledger cannot be written nothing is approved; later it is, once', async () => {
    const other = new DatabaseSync(join(folder, 'payments.db'))
    other.exec('BEGIN IMMEDIATE')
    await expect(chargeCard(request(testCards.approved))).rejects.toEqual(trouble(503, true))
    other.exec('ROLLBACK')
    other.close()
    expect(provider.totals()).toEqual(nothing)
    expect(await chargeCard(request(testCards.approved))).toMatchObject({ outcome: 'approved' })
    expect(provider.totals()).toMatchObject({ count: 1 })
  })

  test('a port that is taken is said so, and the ledger stays free for another start', async () => {
    const dataFile = join(folder, 'second.db')
    await expect(startPaymentProvider({ port: provider.port, dataFile })).rejects.toThrow(
      /address already in use/
    )
    const second = await startPaymentProvider({ port: 0, dataFile })
    expect(second.totals()).toEqual(nothing)
    await second.close()
  })
})
