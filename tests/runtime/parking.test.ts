import { expect, test } from 'vitest'
import type { ParkedMessage } from '../../src/ports/index.ts'
import { type BankFaults, bank, ConfirmNotice } from './bank.ts'
import { proveAll, proveBalance } from './oracle.ts'
import { type Stage, stage } from './stage.ts'

const all = { limit: 1_000 }

/** The dead letters, and what waits behind them, of one subscription of the notices. */
const parkedOf = (on: Stage, subscription: string): Promise<readonly ParkedMessage[]> =>
  on.service('notices').deadLetters.list({ ...all, subscription })

/** A bank whose statement cannot fold what happened to some transfers. */
function poisoned(...transfers: readonly string[]): {
  readonly faults: BankFaults
  readonly poison: Set<string>
  calls: number
} {
  const poison = new Set(transfers)
  const state = {
    poison,
    calls: 0,
    faults: {
      fold: (transfer: string) => {
        if (!poison.has(transfer)) return
        state.calls += 1
        throw new Error(`Cannot swallow ${transfer}.`)
      }
    }
  }
  return state
}

async function transfer(on: Stage, key: string, from = 'ann', to = 'bob'): Promise<void> {
  await on.accepted('bank', 'Deposit', from, { pence: 10 })
  await on.accepted('transfers', 'RequestTransfer', key, { from, to, pence: 10 })
}

const moves = async (on: Stage, key: string): Promise<unknown> =>
  ((await on.service('notices').row('statement', key)) as { moves: unknown }).moves

test('I16 I17: a poison message parks with its key, later ones of that key behind it in order, other keys go on', async () => {
  const { faults } = poisoned('t1')
  const on = await stage(bank({ faults }))
  await transfer(on, 't1')
  await transfer(on, 't2', 'cid', 'dan')
  await on.until('it is dead', async () =>
    (await parkedOf(on, 'statement')).some(({ status }) => status === 'dead')
  )
  await transfer(on, 't3', 'ann', 'bob')
  await on.settled()
  // t1 was debited from ann and credited to bob: both accounts wait behind it, and so does what t3 did to them.
  const parked = await parkedOf(on, 'statement')
  const inOrder = (key: string): unknown =>
    parked.filter((one) => one.key === key).map(({ status, message }) => [status, message.type])
  expect(inOrder('bank/ann')).toEqual([
    ['dead', 'Debited'],
    ['behind', 'Debited']
  ])
  expect(inOrder('bank/bob')).toEqual([
    ['dead', 'Credited'],
    ['behind', 'Credited']
  ])
  expect(await moves(on, 't2')).toEqual(['credited', 'debited', 'settled'])
  await proveBalance(on.service('notices'))
})

test('I17: a failing transition is tried as often as it is allowed, with growing random pauses, and then no more', async () => {
  const poison = poisoned('t1')
  const times: number[] = []
  const on = await stage(
    bank({
      faults: {
        fold: (key) => {
          if (key !== 't1') return
          times.push(on.clock.nowMs())
          throw new Error('Never.')
        }
      }
    }),
    { limits: { attemptsMax: 6, retryBaseMs: 1_000, retryMaxMs: 4_000 } }
  )
  expect(poison.calls).toBe(0)
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.accepted('bank', 'Debit', 'ann', { transfer: 't1', pence: 1 })
  await on.until('it is dead', async () => (await parkedOf(on, 'statement'))[0]?.status === 'dead')
  await on.clock.advance(60_000)
  expect(times).toHaveLength(6)
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  const longest = pauses.map((_, index) => Math.min(4_000, 1_000 * 2 ** index))
  for (const [index, pause] of pauses.entries()) expect(pause).toBeLessThanOrEqual((longest[index] ?? 0) + 1)
  expect(pauses.filter((pause, index) => pause < 0.9 * (longest[index] ?? 0)).length).toBeGreaterThan(2)
  const [dead] = await parkedOf(on, 'statement')
  expect(dead).toMatchObject({ attempts: 6, failure: expect.stringContaining('Never.') })
})

test('a transition that heals is done by its next attempt, and those behind it follow in order', async () => {
  const { faults, poison } = poisoned('t1')
  const on = await stage(bank({ faults }), { limits: { attemptsMax: 1_000 } })
  await transfer(on, 't1')
  await transfer(on, 't3')
  await on.until('it is retried', async () => (await parkedOf(on, 'statement')).length === 5)
  poison.clear()
  await on.settled()
  expect(await parkedOf(on, 'statement')).toEqual([])
  await proveAll(on)
})

test.each(['retrying', 'dead', 'behind'] as const)(
  'I16: a restart while messages are %s changes nothing',
  async (status) => {
    const { faults, poison } = poisoned('t1')
    const on = await stage(bank({ faults }), { limits: { attemptsMax: status === 'retrying' ? 1_000 : 2 } })
    await transfer(on, 't1')
    const seen = async () => (await parkedOf(on, 'statement')).some((one) => one.status === status)
    if (status === 'behind') await transfer(on, 't3')
    await on.until(`something is ${status}`, seen)
    if (status === 'behind')
      await on.until('the first of them are dead', async () =>
        (await parkedOf(on, 'statement')).every((one) => one.status !== 'retrying')
      )
    const before = await parkedOf(on, 'statement')
    await on.crash()
    expect(await seen()).toBe(true)
    if (status !== 'retrying') expect(await parkedOf(on, 'statement')).toEqual(before)
    await transfer(on, 't4')
    poison.clear()
    for (const { number } of (await parkedOf(on, 'statement')).filter((one) => one.status === 'dead'))
      expect(await on.drive(on.service('notices').deadLetters.redrive(number, 'test'))).toEqual({
        number,
        state: 'done'
      })
    await on.settled()
    expect(await parkedOf(on, 'statement')).toEqual([])
    await proveAll(on)
  }
)

test('I16: while the parking lot cannot be written no message is passed over', async () => {
  const { faults, poison } = poisoned('t1')
  const on = await stage(bank({ faults }))
  const fault = on.stores.fail('notices', {
    code: 'STORE_FULL',
    times: 5,
    holding: ({ parked }) => parked.length > 0
  })
  await transfer(on, 't1')
  await on.until('the commit was tried', () => fault.fired > 1)
  const { subscriptions } = await on.service('notices').status()
  expect(subscriptions.find((one) => one.subscription === 'statement')).toMatchObject({ parked: 0 })
  await on.until('it is parked', async () => (await parkedOf(on, 'statement')).length > 0)
  expect(fault.fired).toBe(5)
  poison.clear()
  await on.settled()
  for (const { number } of await on.service('notices').deadLetters.list({ ...all, status: ['dead'] }))
    await on.drive(on.service('notices').deadLetters.redrive(number, 'test'))
  await on.settled()
  await proveAll(on)
})

test('of a group that the store will not take only the culprit is set aside', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 100 })
  await on.settled()
  const commits: number[] = []
  on.stores.watch('notices', ({ projections }) => commits.push(projections.length))
  const fault = on.stores.fail('notices', {
    code: 'MESSAGE_TOO_LARGE',
    times: 1_000,
    holding: ({ projections }) =>
      projections.some(({ projection, key }) => projection === 'statement' && key === 't5')
  })
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      on.accepted('bank', 'Debit', 'ann', { transfer: `t${index}`, pence: 1 })
    )
  )
  await on.until('it is dead', async () => (await parkedOf(on, 'statement'))[0]?.status === 'dead')
  const parked = await parkedOf(on, 'statement')
  expect(
    parked.map(({ status, message }) => [status, (message.data as { transfer: string }).transfer])
  ).toEqual([['dead', 't5'], ...['t6', 't7', 't8', 't9'].map((key) => ['behind', key])])
  for (const key of ['t0', 't4']) expect(await moves(on, key)).toEqual(['debited'])
  expect(fault.fired).toBeGreaterThan(1)
  // Once the store takes it, it goes through: that it once failed is not held against it.
  fault.heal()
  expect(
    await on.drive(on.service('notices').deadLetters.redrive(parked[0]?.number ?? 0, 'test'))
  ).toMatchObject({ state: 'done' })
  await on.settled()
  expect(await parkedOf(on, 'statement')).toEqual([])
  expect(await moves(on, 't9')).toEqual(['debited'])
  expect(await on.service('notices').check()).toEqual([])
})

test('I21: a part that fails nearly always stops with what it has set aside, and goes on when that is dealt with', async () => {
  let broken = true
  const faults: BankFaults = {
    fold: () => {
      if (broken) throw new Error('Never.')
    }
  }
  const on = await stage(bank({ faults }), { limits: { attemptsMax: 1, parkedKeysMax: 30, batchMax: 5 } })
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      await on.accepted('bank', 'Deposit', `a${index}`, { pence: 10 })
      await on.accepted('bank', 'Debit', `a${index}`, { transfer: `t${index}`, pence: 1 })
    })
  )
  await on.clock.advance(10_000)
  const parked = await parkedOf(on, 'statement')
  expect(parked.length).toBeGreaterThanOrEqual(30)
  expect(parked.length).toBeLessThan(40)
  await proveBalance(on.service('notices'))
  broken = false
  for (const { number } of parked) await on.drive(on.service('notices').deadLetters.redrive(number, 'test'))
  await on.settled()
  expect(await parkedOf(on, 'statement')).toEqual([])
  for (const index of [0, 50, 99]) expect(await moves(on, `t${index}`)).toEqual(['debited'])
})

test('a clock that is set back does not make what is parked wait for the lost hour', async () => {
  const { faults, poison } = poisoned('t1')
  const on = await stage(bank({ faults }), { limits: { attemptsMax: 1_000, retryMaxMs: 1_000 } })
  await transfer(on, 't1')
  await on.until('it is parked', async () => (await parkedOf(on, 'statement')).length > 0)
  on.clock.jumpTo(on.clock.nowMs() - 3_600_000)
  poison.clear()
  await transfer(on, 't2')
  const startMs = on.clock.nowMs()
  await on.settled()
  expect(on.clock.nowMs() - startMs).toBeLessThan(60_000)
  await proveAll(on)
})

test('a clock that is set back while nobody runs does not make what is parked wait for the lost day', async () => {
  const { faults, poison } = poisoned('t1')
  let isClosed = true
  const definition = bank({
    faults,
    post: async (_, { meta, idempotencyKey }) => {
      if (isClosed) throw new Error('The post is closed.')
      return ConfirmNotice.for(meta.key, { receipt: idempotencyKey })
    },
    policy: { retry: { attempts: 1_000, base: { ms: 500 }, max: { seconds: 10 } } }
  })
  const on = await stage(definition, { limits: { attemptsMax: 1_000, retryMaxMs: 1_000 } })
  const startMs = on.clock.nowMs()
  await transfer(on, 't1')
  const tries = async (subscription: string): Promise<number> =>
    Math.max(0, ...(await parkedOf(on, subscription)).map(({ attempts }) => attempts))
  await on.until('it is parked', async () => (await parkedOf(on, 'statement')).length > 0)
  on.clock.jumpTo(startMs + 86_400_000)
  const before = { statement: await tries('statement'), postman: await tries('postman') }
  await on.until(
    'both have been tried in the day to come',
    async () =>
      (await tries('statement')) > before.statement + 1 && (await tries('postman')) > before.postman + 1
  )
  poison.clear()
  isClosed = false
  on.clock.jumpTo(startMs)
  await on.crash()
  await on.settled()
  expect(on.clock.nowMs() - startMs).toBeLessThan(60_000)
  await proveAll(on)
})
