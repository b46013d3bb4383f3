import { expect, test } from 'vitest'
import type { Failure } from '../../src/index.ts'
import { bank } from './bank.ts'
import { proveAll } from './oracle.ts'
import { codeOf, stage } from './stage.ts'

test('I27: a stop commits and answers what it has accepted, and refuses what comes later', async () => {
  const on = await stage(bank(), { limits: { batchMax: 10 } })
  const accepted = Array.from({ length: 100 }, (_, index) =>
    on.send('bank', 'Deposit', `a${index}`, { pence: 1 })
  )
  const { system } = on
  const stopping = system.stop()
  expect(
    await codeOf(system.service('bank').send({ type: 'Deposit', key: 'late', data: { pence: 1 } }))
  ).toBe('STOPPING')
  const answers = await Promise.all(accepted)
  expect(answers.every(({ outcome }) => outcome === 'accepted')).toBe(true)
  await on.drive(stopping)
  await on.restart()
  expect(await on.service('bank').entities('account', '', 200)).toHaveLength(100)
})

test('I27: stopped at any moment nothing is lost and nothing is done twice', async () => {
  const on = await stage(bank(), { limits: { batchMax: 4 } })
  await on.accepted('bank', 'Deposit', 'ann', { pence: 1_000 })
  for (let stops = 0; stops < 8; stops++) {
    for (let index = 0; index < 5; index++)
      await on.accepted('transfers', 'RequestTransfer', `t${stops}-${index}`, {
        from: 'ann',
        to: 'bob',
        pence: 1
      })
    await on.turns(2 * stops)
    await on.restart()
  }
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 40, failed: 0 })
})

test('every command that was sent while a service stops is answered, one way or the other', async () => {
  const on = await stage(bank(), { limits: { batchMax: 3 } })
  on.stores.slow(() => 2)
  const { system } = on
  const outcomes: Promise<string>[] = []
  let stopping: Promise<void> | undefined
  for (let index = 0; index < 60; index++) {
    const more = index % 2 === 0 ? {} : { idempotencyKey: `k${index}` }
    const sent = system
      .service('bank')
      .send({ type: 'Deposit', key: `a${index}`, data: { pence: 1 }, ...more })
    outcomes.push(
      sent.then(
        ({ outcome }) => outcome,
        (failure: Failure) => failure.code
      )
    )
    if (index === 30) stopping = system.stop()
    if (index % 4 === 0) await on.turns(1)
  }
  await on.drive(stopping ?? Promise.reject(new Error('It was never stopped.')))
  const all = await on.drive(Promise.all(outcomes))
  const accepted = all.filter((outcome) => outcome === 'accepted').length
  expect(accepted).toBeGreaterThan(0)
  expect(all.filter((outcome) => outcome === 'STOPPING')).toHaveLength(60 - accepted)
  await on.restart()
  expect(await on.service('bank').entities('account', '', 200)).toHaveLength(accepted)
})

test('what waits for a service between its turns is told when it stops', async () => {
  const on = await stage(bank())
  // More states than are folded at a time.
  await Promise.all(
    Array.from({ length: 450 }, (_, index) => on.accepted('bank', 'Deposit', `a${index}`, { pence: 1 }))
  )
  await on.settled()
  const { system } = on
  const tasks: Promise<string>[] = []
  const begin = (): void => {
    const started = system.service('bank').rebuild('account')
    tasks.push(
      started.then(
        ({ state }) => state,
        (failure: Failure) => failure.code
      )
    )
  }
  // Some wait already when the stop begins, others come while it goes on and when it is over.
  begin()
  await on.turns(3)
  const stopping = system.stop()
  for (let step = 0; step < 12; step++) {
    begin()
    await Promise.resolve()
  }
  await on.drive(stopping)
  begin()
  const outcomes = await on.drive(Promise.all(tasks))
  expect(outcomes).toHaveLength(14)
  expect(outcomes.filter((outcome) => outcome !== 'done' && outcome !== 'STOPPING')).toEqual([])
  expect(outcomes).toContain('STOPPING')
  await on.restart()
  expect(await on.service('bank').check()).toEqual([])
})

test('a stop while the store is down does not wait for it', async () => {
  const on = await stage(bank())
  const fault = on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', times: 1_000_000 })
  const lost = on.send('bank', 'Deposit', 'ann', { pence: 1 })
  expect(await codeOf(lost)).toBe('STORE_UNAVAILABLE')
  const startedMs = on.clock.nowMs()
  await on.restart()
  expect(on.clock.nowMs() - startedMs).toBeLessThan(1_000)
  expect(fault.fired).toBeGreaterThan(0)
})

test('stopping twice is stopping once', async () => {
  const on = await stage(bank())
  const { system } = on
  const both = Promise.all([system.stop(), system.stop()])
  await on.drive(both)
  await on.restart()
  await on.accepted('bank', 'Deposit', 'ann', { pence: 1 })
})

test('idle means that every message is dealt with, also those that follow from others', async () => {
  const on = await stage(bank(), { limits: { batchMax: 2 } })
  for (let round = 0; round < 10; round++) {
    await on.accepted('bank', 'Deposit', 'ann', { pence: 1 })
    await on.accepted('transfers', 'RequestTransfer', `t${round}`, { from: 'ann', to: 'bob', pence: 1 })
    await on.settled()
    expect(await on.service('notices').entity('notice', `t${round}`)).toMatchObject({
      state: { status: 'sent' }
    })
  }
})

test('a service that is down with its store is not idle', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 1 })
  await on.settled()
  const fault = on.stores.fail('notices', { code: 'STORE_FULL', times: 8 })
  await on.accepted('bank', 'Debit', 'ann', { transfer: 't1', pence: 1 })
  await on.settled()
  expect(fault.fired).toBe(8)
  expect(await on.service('notices').row('statement', 't1')).toEqual({ moves: ['debited'], pence: 1 })
})
