import { expect, test } from 'vitest'
import { Failure } from '../../src/index.ts'
import { bank } from './bank.ts'
import { codeOf, stage } from './stage.ts'

const deposits = async (on: Awaited<ReturnType<typeof stage>>, key: string): Promise<number> =>
  (await on.service('bank').history('account', key)).length

test('I3: a command sent again with its idempotency key gets the stored answer and happens once', async () => {
  const on = await stage(bank())
  const first = await on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  const again = await on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  expect(first.outcome).toBe('accepted')
  expect(again).toEqual(first)
  expect(await deposits(on, 'ann')).toBe(1)
})

test('I3: the answer is there after the process was killed', async () => {
  const on = await stage(bank())
  const first = await on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  await on.crash()
  expect(await on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })).toEqual(first)
  expect(await deposits(on, 'ann')).toBe(1)
})

test('I3: a commit that failed though it was written is found again by the idempotency key', async () => {
  const on = await stage(bank())
  on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', durable: true, holding: ({ log }) => log.length > 0 })
  const lost = on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  expect(await codeOf(lost)).toBe('STORE_UNAVAILABLE')
  await on.until('the store is back', async () => (await on.service('bank').status()).state === 'running')
  const again = await on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  expect(again).toMatchObject({ outcome: 'accepted', event: { type: 'Deposited' } })
  expect(await deposits(on, 'ann')).toBe(1)
})

test('I3: a refusal is stored too and stays one when the command would be accepted by now', async () => {
  const on = await stage(bank())
  const body = { transfer: 't', pence: 5 }
  const refused = await on.send('bank', 'Debit', 'ann', body, { idempotencyKey: 'k' })
  expect(refused).toMatchObject({ outcome: 'refused', refusal: { code: 'no-cover' } })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 5 })
  await on.crash()
  expect(await on.send('bank', 'Debit', 'ann', body, { idempotencyKey: 'k' })).toEqual(refused)
  expect(await on.send('bank', 'Debit', 'ann', body, { idempotencyKey: 'other' })).toMatchObject({
    outcome: 'accepted'
  })
})

test('I3: the same idempotency key with another body, type or key is refused', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  const others: [string, string, unknown][] = [
    ['Deposit', 'ann', { pence: 6 }],
    ['Deposit', 'bob', { pence: 5 }],
    ['CloseAccount', 'ann', {}]
  ]
  for (const [type, key, data] of others)
    expect(await codeOf(on.send('bank', type, key, data, { idempotencyKey: 'k' }))).toBe(
      'IDEMPOTENCY_KEY_REUSED'
    )
  expect(await deposits(on, 'ann')).toBe(1)
})

test('I3: of three clients that retry at once one is answered and the others are told to wait', async () => {
  const on = await stage(bank())
  const send = () => on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  const outcomes = await Promise.allSettled([send(), send(), send()])
  const codes = outcomes.map((one) =>
    one.status === 'rejected' ? (one.reason as Failure).code : one.value.outcome
  )
  expect(codes.sort()).toEqual(['IDEMPOTENCY_KEY_IN_FLIGHT', 'IDEMPOTENCY_KEY_IN_FLIGHT', 'accepted'])
  expect(await send()).toMatchObject({ outcome: 'accepted' })
  expect(await deposits(on, 'ann')).toBe(1)
})

test('an idempotency key in flight with another body is refused at once', async () => {
  const on = await stage(bank())
  const first = on.send('bank', 'Deposit', 'ann', { pence: 5 }, { idempotencyKey: 'k' })
  const other = on.send('bank', 'Deposit', 'ann', { pence: 6 }, { idempotencyKey: 'k' })
  expect(await codeOf(other)).toBe('IDEMPOTENCY_KEY_REUSED')
  expect((await first).outcome).toBe('accepted')
})

test('I21: beyond its room a service refuses before it accepts, and keeps what it accepted', async () => {
  const on = await stage(bank(), { limits: { commandsMax: 8 } })
  const sent = Array.from({ length: 20 }, (_, index) => on.send('bank', 'Deposit', `a${index}`, { pence: 1 }))
  const outcomes = await Promise.allSettled(sent)
  const refused = outcomes.filter((one) => one.status === 'rejected')
  expect(refused.map(({ reason }) => (reason as Failure).code)).toEqual(Array(12).fill('OVERLOADED'))
  expect(refused[0]?.reason).toMatchObject({ retry: 'later', details: { retryAfterMs: 1_000 } })
  expect(await on.service('bank').entities('account', '', 100)).toHaveLength(8)
})

test('I21: idempotency keys are no way around the bound', async () => {
  const on = await stage(bank(), { limits: { commandsMax: 8 } })
  on.stores.slow(() => 3)
  const sent = Array.from({ length: 20 }, (_, index) =>
    on.send('bank', 'Deposit', `a${index}`, { pence: 1 }, { idempotencyKey: `k${index}` })
  )
  const outcomes = await Promise.allSettled(sent)
  expect(outcomes.filter((one) => one.status === 'rejected')).toHaveLength(12)
  expect(await on.service('bank').entities('account', '', 100)).toHaveLength(8)
})

test('a command names every wrong and every unknown field by its pointer, and nothing happens', async () => {
  const on = await stage(bank())
  const wrong = await on
    .send('bank', 'Deposit', 'ann', { pence: 0.5, note: 1 })
    .catch((thrown: unknown) => thrown)
  expect(wrong).toBeInstanceOf(Failure)
  const pointersOf = (failure: unknown) =>
    ((failure as Failure).details['problems'] as { pointer: string }[]).map(({ pointer }) => pointer)
  expect(wrong).toMatchObject({ code: 'MESSAGE_INVALID' })
  expect(pointersOf(wrong)).toEqual(['/pence', '/note'])
  const unknown = await on
    .send('bank', 'Deposit', 'ann', { pence: 1, pense: 2 })
    .catch((thrown: unknown) => thrown)
  expect(pointersOf(unknown)).toEqual(['/pense'])
  expect(await deposits(on, 'ann')).toBe(0)
})

test.each([
  ['a type that nobody handles', 'Withdraw', 'ann', 'COMMAND_UNKNOWN'],
  ['a key without characters', 'Deposit', '', 'KEY_INVALID'],
  ['a key with a control character', 'Deposit', 'a\nb', 'KEY_INVALID'],
  ['a key with half a surrogate pair', 'Deposit', 'a\ud800', 'KEY_INVALID'],
  ['a key beyond its length', 'Deposit', 'a'.repeat(257), 'KEY_INVALID'],
  ['a key that no address can hold', 'Deposit', '..', 'KEY_INVALID']
])('%s is refused', async (_, type, key, code) => {
  const on = await stage(bank())
  expect(await codeOf(on.send('bank', type, key, { pence: 1 }))).toBe(code)
})

test('an idempotency key has at least one and at most 255 characters', async () => {
  const on = await stage(bank())
  for (const idempotencyKey of ['', 'k'.repeat(256)])
    expect(await codeOf(on.send('bank', 'Deposit', 'ann', { pence: 1 }, { idempotencyKey }))).toBe(
      'KEY_INVALID'
    )
})

test('what follows from a command keeps its correlation and its trace, and says what caused it', async () => {
  const on = await stage(bank())
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await on.accepted('bank', 'Deposit', 'ann', { pence: 5 })
  const asked = await on.accepted(
    'transfers',
    'RequestTransfer',
    't1',
    { from: 'ann', to: 'bob', pence: 5 },
    { correlationId: 'c-1', traceparent }
  )
  expect(asked.correlationId).toBe('c-1')
  await on.settled()
  const [debited] = (await on.service('bank').history('account', 'ann')).slice(1)
  expect(debited).toMatchObject({ type: 'Debited', correlationId: 'c-1' })
  expect(debited?.traceparent.slice(0, 36)).toBe(traceparent.slice(0, 36))
  expect(debited?.traceparent).not.toBe(traceparent)
  expect(debited?.causationId).toMatch(/^transfers:\d+:\d+$/)
})
