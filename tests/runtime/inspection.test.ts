import { expect, test } from 'vitest'
import { type Batch, emptyBatch, type Store } from '../../src/ports/index.ts'
import { bank } from './bank.ts'
import { counter } from './counter.ts'
import { proveBalance } from './oracle.ts'
import { codeOf, type Stage, stage } from './stage.ts'

async function busy(on: Stage): Promise<void> {
  await Promise.all(['ann', 'bob'].map((key) => on.accepted('bank', 'Deposit', key, { pence: 1_000 })))
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      on.accepted('transfers', 'RequestTransfer', `t${index}`, { from: 'ann', to: 'bob', pence: 1 })
    )
  )
}

test('I20: at every moment, everything published is done, parked or pending', async () => {
  const on = await stage(
    bank({
      faults: {
        fold: (transfer) => {
          if (transfer === 't5') throw new Error('No.')
        }
      }
    }),
    { limits: { batchMax: 4 } }
  )
  await busy(on)
  const sums = { done: 0, parked: 0, pending: 0 }
  for (let look = 0; look < 150; look++) {
    for (const service of on.system.services.values()) {
      await proveBalance(service)
      for (const one of (await service.status()).subscriptions)
        for (const name of ['done', 'parked', 'pending'] as const) sums[name] += one[name]
    }
    await on.turns(1)
  }
  for (const count of Object.values(sums)) expect(count).toBeGreaterThan(0)
  await on.settled()
  for (const service of on.system.services.values()) expect(await service.check()).toEqual([])
})

test('I20: what is parked is what is listed', async () => {
  const on = await stage(
    bank({
      faults: {
        fold: (transfer) => {
          if (transfer === 't5') throw new Error('No.')
        }
      }
    }),
    { limits: { attemptsMax: 2 } }
  )
  await busy(on)
  await on.settled()
  const status = await on.service('notices').status()
  const listed = await on.service('notices').deadLetters.list({ limit: 1_000 })
  expect(listed.length).toBeGreaterThan(0)
  const parked = status.subscriptions.reduce((sum, one) => sum + one.parked, 0)
  expect(parked).toBe(listed.length)
  expect(status.parked.reduce((sum, { count }) => sum + count, 0)).toBe(listed.length)
})

/** What somebody else writes into the store of a service, behind its back. */
const corruptions: readonly [string, (store: Store) => Promise<Batch>, RegExp][] = [
  [
    'a state that is not what its events lead to',
    async (store) => {
      const state = (await store.states('account', ['ann'])).get('ann')
      if (!state) throw new Error('Ann has no account.')
      const { version: expected, ...kept } = state
      const data = { status: 'open', pence: 7 }
      return {
        ...emptyBatch,
        states: [{ ...kept, unit: 'account', key: 'ann', expected, version: expected + 1, data }]
      }
    },
    /account\/ann: the stored state is not/
  ],
  [
    'a checkpoint that is ahead',
    (store) => moved(store, 'balances', 1, 0),
    /balances: 1 messages were passed/
  ],
  [
    'a count of what is done that is too high',
    (store) => moved(store, 'inbox', 0, 1),
    /inbox: -1 messages were passed/
  ]
]

async function moved(store: Store, subscription: string, by: number, done: number): Promise<Batch> {
  const checkpoint = (await store.checkpoints(subscription)).find(({ position }) => position > 0)
  if (!checkpoint) throw new Error(`${subscription} has read nothing.`)
  const { source, partition, position } = checkpoint
  return {
    ...emptyBatch,
    checkpoints: [{ subscription, source, partition, from: position, to: position + by, done }]
  }
}

test.each(corruptions)('I23: a check finds %s', async (_, corrupt, problem) => {
  const on = await stage(bank())
  await busy(on)
  await on.settled()
  expect(await on.service('bank').check()).toEqual([])
  const store = on.store('bank')
  await store.commit(await corrupt(store))
  expect((await on.service('bank').check()).join('\n')).toMatch(problem)
})

test('a check of a service at work finds nothing and disturbs nothing', async () => {
  const on = await stage(bank(), { limits: { batchMax: 4 } })
  await busy(on)
  const found = await Promise.all(Array.from({ length: 10 }, () => on.service('bank').check()))
  expect(found.flat()).toEqual([])
  await on.settled()
  expect((await on.service('bank').status()).commandsQueued).toBe(0)
})

test('the status tells what a service is doing', async () => {
  const on = await stage(bank())
  await busy(on)
  const fault = on.stores.fail('bank', { code: 'STORE_FULL', times: 1_000_000 })
  await on.until('the store is down', async () => (await on.service('bank').status()).state === 'store-down')
  expect((await on.service('transfers').status()).state).toBe('running')
  fault.heal()
  await on.settled()
  const status = await on.service('bank').status()
  expect(status).toMatchObject({ service: 'bank', state: 'running', timers: 0, rebuilds: [] })
  const heads = await on.service('bank').feed.heads()
  expect(status.published).toBe(heads.reduce((sum, head) => sum + head, 0))
})

test('entities are listed in the order of their keys, and only machines and processes have any', async () => {
  const on = await stage(bank())
  await busy(on)
  await on.settled()
  const first = await on.service('transfers').entities('settlement', '', 15)
  const second = await on.service('transfers').entities('settlement', first.at(-1)?.key ?? '', 15)
  const keys = [...first, ...second].map(({ key }) => key)
  expect(keys).toEqual(Array.from({ length: 20 }, (_, index) => `t${index}`).sort())
  expect(await codeOf(on.service('bank').entities('balances', '', 10))).toBe('UNIT_UNKNOWN')
  expect(await codeOf(on.service('bank').history('nothing', 'ann'))).toBe('UNIT_UNKNOWN')
  expect(await on.service('bank').entity('account', 'nobody')).toBeUndefined()
})

test('a check finds a subscriber that is ahead of a log which was put back to an older copy', async () => {
  const on = await stage(counter())
  for (let amount = 1; amount <= 3; amount++) await on.accepted('count', 'Add', 'k', { by: amount })
  await on.settled()
  expect(await on.drive(on.service('watch').check())).toEqual([])
  const [checkpoint] = (await on.store('watch').checkpoints('totals')).filter(({ position }) => position > 0)
  const { source, partition, position, done } = checkpoint ?? expect.unreachable()
  const to = position + 2
  const move = { subscription: 'totals', source, partition, from: position, to, done: to - done }
  // What it would have taken from the log as it was before the copy was put in its place.
  await on.store('watch').commit({ ...emptyBatch, checkpoints: [move] })
  await on.restart()
  expect(await on.drive(on.service('watch').check())).toEqual([
    `watch/totals: has taken count:${partition}:${to}, but that log ends at ${position}: count was put back to an older copy, or runs on other data than before. Stop the system, and give count its data, or put watch back to the time of that copy, too.`
  ])
  // It has said so at its start, and takes nothing more of that log, also when it has come as far again.
  expect(on.lines.filter(({ level }) => level === 'error')).toMatchObject([
    {
      text: 'count is older than what was taken of it; nothing more of it is taken',
      fields: { service: 'watch' }
    }
  ])
  const before = await on.store('watch').checkpoints('totals')
  for (let amount = 1; amount <= 4; amount++) await on.accepted('count', 'Add', 'k', { by: amount })
  await on.settled()
  expect(await on.store('watch').checkpoints('totals')).toEqual(before)
})
