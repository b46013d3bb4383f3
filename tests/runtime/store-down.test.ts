import { expect, test } from 'vitest'
import { bank } from './bank.ts'
import { proveAll } from './oracle.ts'
import { codeOf, type Stage, stage } from './stage.ts'

const stateOf = async (on: Stage): Promise<string> => (await on.service('bank').status()).state

test.each(['STORE_FULL', 'STORE_UNAVAILABLE'] as const)(
  'I22: with %s nothing is acknowledged, and work goes on when the store is mended',
  async (code) => {
    const on = await stage(bank())
    const fault = on.stores.fail('bank', { code, times: 1_000_000 })
    expect(await codeOf(on.send('bank', 'Deposit', 'ann', { pence: 1 }))).toBe(code)
    const tried = fault.fired
    for (let index = 0; index < 50; index++)
      expect(await codeOf(on.send('bank', 'Deposit', 'ann', { pence: 1 }))).toBe(code)
    // Refused before it was accepted: the store was not asked again for each of them.
    expect(fault.fired).toBe(tried)
    expect(await stateOf(on)).toBe('store-down')
    await on.clock.advance(5_000)
    expect(fault.fired).toBeLessThan(tried + 40)
    fault.heal()
    await on.until('it runs again', async () => (await stateOf(on)) === 'running')
    await on.accepted('bank', 'Deposit', 'ann', { pence: 5 })
    expect(await on.service('bank').history('account', 'ann')).toHaveLength(1)
  }
)

test('I22: a service that only takes commands comes back by itself, and writes down why it was away', async () => {
  const on = await stage(bank())
  await on.settled()
  on.stores.fail('notices', { code: 'STORE_FULL', times: 3 })
  expect(await codeOf(on.send('notices', 'WriteNotice', 'n1', { text: 'x' }))).toBe('STORE_FULL')
  await on.until('it runs again', async () => (await on.service('notices').status()).state === 'running')
  await on.accepted('notices', 'WriteNotice', 'n1', { text: 'x' })
  expect(await on.service('notices').deadLetters.audit(10)).toMatchObject([
    { action: 'store.recovered', subject: 'notices', details: { code: 'STORE_FULL' } }
  ])
})

test('I22: while one store is down the other services go on, and nothing is lost', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 100 })
  await on.settled()
  const fault = on.stores.fail('notices', { code: 'STORE_FULL', times: 1_000_000 })
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      on.accepted('transfers', 'RequestTransfer', `t${index}`, { from: 'ann', to: 'bob', pence: 1 })
    )
  )
  await on.until('all transfers are settled', async () => {
    const all = await on.service('transfers').entities('settlement', '', 100)
    return all.length === 20 && all.every(({ state }) => state.status === 'completed')
  })
  expect(fault.fired).toBeGreaterThan(0)
  expect(await on.service('notices').entities('notice', '', 100)).toEqual([])
  fault.heal()
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 20, failed: 0 })
})

test('I22: what was accepted before the store failed is kept', async () => {
  const on = await stage(bank(), { limits: { batchMax: 10 } })
  const sent = Array.from({ length: 50 }, (_, index) => on.send('bank', 'Deposit', `a${index}`, { pence: 1 }))
  let commits = 0
  const fault = on.stores.fail('bank', {
    code: 'STORE_FULL',
    times: 3,
    holding: ({ log }) => log.length > 0 && ++commits > 2
  })
  const outcomes = await on.drive(Promise.allSettled(sent))
  const accepted = outcomes.filter(({ status }) => status === 'fulfilled').length
  expect(fault.fired).toBeGreaterThan(0)
  expect(accepted).toBeGreaterThanOrEqual(20)
  expect(accepted).toBeLessThan(50)
  await on.crash()
  expect(await on.service('bank').entities('account', '', 100)).toHaveLength(accepted)
})
