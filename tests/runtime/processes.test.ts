import { expect, test } from 'vitest'
import { bank, transfersContract } from './bank.ts'
import { proveAll } from './oracle.ts'
import { type Stage, stage } from './stage.ts'

const moves = async (on: Stage, key: string): Promise<unknown> =>
  ((await on.service('notices').row('statement', key)) as { moves: unknown }).moves

const pence = async (on: Stage, key: string): Promise<unknown> =>
  ((await on.service('bank').entity('account', key))?.state as { pence?: number } | undefined)?.pence ?? 0

async function request(on: Stage, key: string, from = 'ann', to = 'bob'): Promise<void> {
  await on.accepted('transfers', 'RequestTransfer', key, { from, to, pence: 10 })
}

test('I14: a step that is refused undoes what was done before it, and nothing else', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.accepted('bank', 'CloseAccount', 'bob', {})
  await request(on, 't1')
  await on.settled()
  expect(await moves(on, 't1')).toEqual(['debit-returned', 'debited', 'failed'])
  expect(await pence(on, 'ann')).toBe(10)
  const { state } = (await on.service('transfers').entity('settlement', 't1')) ?? {}
  expect(state).toMatchObject({ status: 'failed', failure: { step: 'credit', why: 'refused' } })
  await proveAll(on)
})

test('I14: a refusal of the first step has nothing to undo', async () => {
  const on = await stage(bank())
  await request(on, 't1')
  await on.settled()
  expect(await moves(on, 't1')).toEqual(['failed'])
  expect(await on.service('bank').history('account', 'ann')).toEqual([])
  await proveAll(on)
})

test('I14: an answer that comes after its step has timed out is undone, once', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.settled()
  const fault = on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', times: 1_000_000 })
  await request(on, 't1')
  await on.until(
    'the process has given up',
    async () => (await on.service('transfers').entity('settlement', 't1'))?.state.status === 'failed'
  )
  fault.heal()
  await on.settled()
  expect(await moves(on, 't1')).toEqual(['debit-returned', 'debited', 'failed'])
  await on.crash()
  await on.settled()
  expect(await pence(on, 'ann')).toBe(10)
  await proveAll(on)
})

test('I14: when the second answer comes late both steps are undone, each once', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.settled()
  const late = on.stores.fail('bank', {
    code: 'STORE_UNAVAILABLE',
    times: 1_000_000,
    holding: ({ log }) => log.some(({ type }) => type === 'Credited')
  })
  await request(on, 't1')
  await on.until(
    'compensation has begun',
    async () => (await on.service('transfers').entity('settlement', 't1'))?.state.status === 'compensating'
  )
  late.heal()
  await on.settled()
  expect(await moves(on, 't1')).toEqual([
    'credit-returned',
    'credited',
    'debit-returned',
    'debited',
    'failed'
  ])
  // The debit is given back first, because it was done first and the credit was not known of yet.
  expect([await pence(on, 'ann'), await pence(on, 'bob')]).toEqual([10, 0])
  await proveAll(on)
})

test('I14: killed at any moment of a compensation, it is completed, in reverse order, once', async () => {
  const on = await stage(bank(), { limits: { batchMax: 2 } })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 100 })
  await on.accepted('bank', 'CloseAccount', 'bob', {})
  for (let index = 0; index < 6; index++) await request(on, `t${index}`)
  for (let kills = 0; kills < 12; kills++) {
    await on.turns(2 * kills)
    await on.crash()
  }
  await on.settled()
  for (let index = 0; index < 6; index++)
    expect(await moves(on, `t${index}`)).toEqual(['debit-returned', 'debited', 'failed'])
  expect((await proveAll(on)).transfers).toEqual({ settled: 0, failed: 6 })
})

test('an answer that comes before the start is heard when the process starts, and its step is not asked for again', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.accepted('bank', 'Debit', 'ann', { transfer: 't1', pence: 10 })
  await on.settled()
  expect(await on.service('transfers').entity('settlement', 't1')).toMatchObject({
    state: { status: 'early' }
  })
  await on.crash()
  await request(on, 't1')
  await on.settled()
  expect(await moves(on, 't1')).toEqual(['credited', 'debited', 'settled'])
  expect(await on.service('bank').history('account', 'ann')).toHaveLength(2)
  expect(await pence(on, 'bob')).toBe(10)
})

test('I13: a process that is not finished has a timer, a message on its way, or a parked one', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.settled()
  const fault = on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', times: 1_000_000 })
  for (let index = 0; index < 5; index++) await request(on, `t${index}`)
  const running = async () =>
    (await on.service('transfers').entities('settlement', '', 100)).filter(
      ({ state }) => state.status === 'running'
    )
  await on.until('all of them run', async () => fault.fired > 0 && (await running()).length === 5)
  const unfinished = await running()
  const timers = await on.store('transfers').timers(100)
  expect(timers.map(({ key }) => key).sort()).toEqual(unfinished.map(({ key }) => key))
  fault.heal()
  await on.settled()
  await proveAll(on)
})

test('a process that says a command to nobody has not moved at all, and its message is parked', async () => {
  const on = await stage(bank(), { limits: { attemptsMax: 2 } })
  await request(on, 't1', '')
  await on.settled()
  const [parked] = await on.service('transfers').deadLetters.list({ limit: 10 })
  expect(parked).toMatchObject({
    subscription: 'settlement',
    status: 'dead',
    failure: expect.stringContaining('KEY_INVALID')
  })
  expect(await on.service('transfers').entity('settlement', 't1')).toBeUndefined()
  expect(await on.store('transfers').timers(10)).toEqual([])
  const edited = { from: 'ann', to: 'bob', pence: 10 }
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.service('transfers').deadLetters.edit(parked?.number ?? 0, edited, 'eve')
  expect(await on.service('transfers').deadLetters.redrive(parked?.number ?? 0, 'eve')).toMatchObject({
    state: 'done'
  })
  await on.settled()
  expect(await moves(on, 't1')).toEqual(['credited', 'debited', 'settled'])
})

test('a message of the contract that nobody handles is not in the way of the others', async () => {
  const on = await stage(bank())
  expect([...transfersContract.events.keys()]).toContain('TransferSettled')
  await on.accepted('bank', 'Deposit', 'ann', { pence: 20 })
  await request(on, 't1')
  await request(on, 't2')
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 2, failed: 0 })
})
