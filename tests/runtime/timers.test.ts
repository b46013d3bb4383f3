import { expect, test } from 'vitest'
import { type SystemDefinition, service, system } from '../../src/index.ts'
import { type BankFaults, bank, transfersContract } from './bank.ts'
import { proveAll } from './oracle.ts'
import { type Stage, stage } from './stage.ts'

const minuteMs = 60_000

/** Starts a transfer whose debit is never answered: the bank cannot write. */
async function unanswered(on: Stage, ...keys: readonly string[]): Promise<{ heal(): void }> {
  await on.accepted('bank', 'Deposit', 'ann', { pence: 1_000 })
  await on.settled()
  const fault = on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', times: 1_000_000 })
  if (keys.length === 0) return fault
  await Promise.all(
    keys.map((key) => on.accepted('transfers', 'RequestTransfer', key, { from: 'ann', to: 'bob', pence: 1 }))
  )
  await on.until('the bank has been asked', () => fault.fired > 0)
  return fault
}

const statusOf = async (on: Stage, key: string): Promise<string | undefined> =>
  (await on.service('transfers').entity('settlement', key))?.state.status

const failures = async (on: Stage, key: string): Promise<number> =>
  (await on.service('transfers').history('settlement', key)).filter(({ type }) => type === 'TransferFailed')
    .length

/** Lets time pass until a timer has been set, and gives the moment at which it is due. */
async function dueMs(on: Stage): Promise<number> {
  await on.until('a timer is set', async () => (await on.store('transfers').timers(1)).length > 0)
  return (await on.store('transfers').timers(1))[0]?.dueMs ?? 0
}

test('I15: a timer fires when it is due, not a millisecond before, and once', async () => {
  const on = await stage(bank())
  const fault = await unanswered(on, 't1')
  const due = await dueMs(on)
  await on.clock.advance(due - on.clock.nowMs() - 1)
  expect(await statusOf(on, 't1')).toBe('running')
  await on.clock.advance(1)
  await on.turns(20)
  expect(await statusOf(on, 't1')).toBe('failed')
  fault.heal()
  await on.settled()
  await on.clock.advance(24 * 60 * minuteMs)
  expect(await failures(on, 't1')).toBe(1)
  expect(await on.store('transfers').timers(10)).toEqual([])
  await proveAll(on)
})

test('I15: of two timers a millisecond apart each fires in its own millisecond', async () => {
  const on = await stage(bank())
  const fault = await unanswered(on)
  for (const key of ['t1', 't2']) {
    await on.accepted('transfers', 'RequestTransfer', key, { from: 'ann', to: 'bob', pence: 1 })
    await on.turns(40)
    await on.clock.advance(1)
  }
  const [first, second] = await on.store('transfers').timers(10)
  expect((second?.dueMs ?? 0) - (first?.dueMs ?? 0)).toBe(1)
  await on.clock.advance((first?.dueMs ?? 0) - on.clock.nowMs())
  await on.turns(20)
  expect([await statusOf(on, 't1'), await statusOf(on, 't2')]).toEqual(['failed', 'running'])
  await on.clock.advance(1)
  await on.turns(20)
  expect(await statusOf(on, 't2')).toBe('failed')
  fault.heal()
  await on.settled()
  await proveAll(on)
})

test('I15: a clock set back an hour makes no timer fire early, and none is lost', async () => {
  const on = await stage(bank())
  const fault = await unanswered(on, 't1')
  const due = await dueMs(on)
  on.clock.jumpTo(on.clock.nowMs() - 60 * minuteMs)
  await on.clock.advance(2 * minuteMs)
  expect(await statusOf(on, 't1')).toBe('running')
  await on.clock.advance(due - on.clock.nowMs() + 1_000)
  expect(await failures(on, 't1')).toBe(1)
  fault.heal()
  await on.settled()
  await proveAll(on)
})

test('I15: a clock set forward a day fires what is due within seconds, once', async () => {
  const on = await stage(bank())
  const fault = await unanswered(on, 't1')
  await dueMs(on)
  on.clock.jumpTo(on.clock.nowMs() + 24 * 60 * minuteMs)
  await on.clock.advance(1_100)
  expect(await failures(on, 't1')).toBe(1)
  on.clock.jumpTo(on.clock.nowMs() - 24 * 60 * minuteMs)
  await on.clock.advance(5 * minuteMs)
  expect(await failures(on, 't1')).toBe(1)
  fault.heal()
  await on.settled()
  await proveAll(on)
})

test('I15: a timer that is cancelled by a commit never fires', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 1_000 })
  await on.accepted('transfers', 'RequestTransfer', 't1', { from: 'ann', to: 'bob', pence: 1 })
  await on.settled()
  expect(await statusOf(on, 't1')).toBe('completed')
  await on.clock.advance(60 * minuteMs)
  expect(await failures(on, 't1')).toBe(0)
  expect(await on.store('transfers').timers(10)).toEqual([])
})

test.each([
  ['before', false],
  ['after', true]
])('I15: a timer whose commit fails %s it is written fires once', async (_, durable) => {
  const on = await stage(bank())
  const fault = await unanswered(on, 't1')
  const due = await dueMs(on)
  const fires = on.stores.fail('transfers', {
    code: 'STORE_UNAVAILABLE',
    durable,
    times: 2,
    holding: ({ timers }) => timers.some(({ firedMs }) => firedMs === due)
  })
  await on.until('it has fired', async () => (await statusOf(on, 't1')) === 'failed')
  await on.clock.advance(10 * minuteMs)
  expect(fires.fired).toBe(durable ? 1 : 2)
  expect(await failures(on, 't1')).toBe(1)
  fires.heal()
  fault.heal()
  await on.settled()
  await proveAll(on)
})

test('I15: killed at any moment around the firing, timers fire once each', async () => {
  const on = await stage(bank(), { limits: { batchMax: 3 } })
  const keys = Array.from({ length: 10 }, (_, index) => `t${index}`)
  await unanswered(on, ...keys)
  const due = await dueMs(on)
  for (let kills = 0; kills < 8; kills++) {
    const aheadMs = due - on.clock.nowMs() - 1
    if (aheadMs > 0) await on.clock.advance(aheadMs)
    on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', times: 1_000_000 })
    const moving = on.clock.advance(1)
    await on.turns(kills)
    await moving
    await on.crash()
  }
  await on.settled()
  await on.clock.advance(10 * minuteMs)
  await on.settled()
  for (const key of keys) expect(await failures(on, key)).toBe(1)
  await proveAll(on)
})

test('I15: more timers than a turn takes all fire, in the order in which they are due', async () => {
  const on = await stage(bank(), { limits: { batchMax: 16 } })
  const keys = Array.from({ length: 100 }, (_, index) => `t${index}`)
  const fault = await unanswered(on, ...keys)
  await dueMs(on)
  await on.until('all have fired', async () => {
    const states = await on.service('transfers').entities('settlement', '', 200)
    return states.length === 100 && states.every(({ state }) => state.status === 'failed')
  })
  fault.heal()
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 0, failed: 100 })
})

test('a timer whose transition fails is tried again until it works, and then fires once', async () => {
  let broken = true
  const faults: BankFaults = {
    giveUp: () => {
      if (broken) throw new Error('Nothing to say.')
    }
  }
  const on = await stage(bank({ faults }))
  const fault = await unanswered(on, 't1')
  const due = await dueMs(on)
  await on.clock.advance(due - on.clock.nowMs() + 100)
  expect(on.lines.filter(({ text }) => text.startsWith('the transition of a timer failed'))).toHaveLength(1)
  expect(await statusOf(on, 't1')).toBe('running')
  broken = false
  await on.clock.advance(minuteMs)
  expect(await failures(on, 't1')).toBe(1)
  fault.heal()
  await on.settled()
  await proveAll(on)
})

test('answers that came while everything was down are heard before the timers say that none came', async () => {
  const on = await stage(bank())
  const keys = Array.from({ length: 5 }, (_, index) => `t${index}`)
  await unanswered(on, ...keys)
  const due = await dueMs(on)
  on.clock.jumpTo(due + 60 * minuteMs)
  await on.crash()
  await on.settled()
  await on.clock.advance(60 * minuteMs)
  expect((await proveAll(on)).transfers).toEqual({ settled: 5, failed: 0 })
})

test('I15: a timer that became due while the service was away fires within seconds of its start, whatever the load', async () => {
  const on = await stage(bank(), { limits: { batchMax: 1 } })
  await unanswered(on, 't1')
  const due = await dueMs(on)
  on.clock.jumpTo(due + 60 * minuteMs)
  await on.crash(bank(), (stores) => stores.fail('bank', { code: 'STORE_UNAVAILABLE', times: 1_000_000 }))
  on.stores.slow(() => 4)
  const startMs = on.clock.nowMs()
  const sent: Promise<unknown>[] = []
  for (let wave = 0; on.clock.nowMs() < startMs + 6_000; wave++) {
    for (let index = 0; index < 4; index++) {
      const request = { from: 'ann', to: 'bob', pence: 1 }
      sent.push(on.accepted('transfers', 'RequestTransfer', `u${wave}-${index}`, request))
    }
    await on.clock.advance(100)
  }
  const { subscriptions } = await on.service('transfers').status()
  expect(subscriptions.find(({ source }) => source === 'transfers')?.pending).toBeGreaterThan(0)
  expect(await statusOf(on, 't1')).toBe('failed')
  on.stores.slow(() => 0)
  await Promise.all(sent)
  await on.crash()
  await on.settled()
  await proveAll(on)
})

/** The bank as a version that has lost its process manager. */
function withoutSettlement(): SystemDefinition {
  const { name, services } = bank()
  const units = [...(services.get('transfers')?.units.values() ?? [])].filter(
    (unit) => unit.kind === 'state-machine'
  )
  const others = [...services.values()].filter((one) => one.name !== 'transfers')
  return system(name, [...others, service(transfersContract, units)])
}

test('a timer whose process this version does not know waits until a version does', async () => {
  const on = await stage(bank())
  await unanswered(on, 't1')
  const due = await dueMs(on)
  await on.crash(withoutSettlement())
  await on.clock.advance(due - on.clock.nowMs() + 10 * minuteMs)
  expect(await on.store('transfers').timers(10)).toMatchObject([{ unit: 'settlement', key: 't1' }])
  await on.restart(bank())
  await on.settled()
  await on.clock.advance(120 * minuteMs)
  await on.settled()
  expect(await on.store('transfers').timers(10)).toEqual([])
  await proveAll(on)
})
