import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { testIds } from '../../src/testing/index.ts'
import { bank } from './bank.ts'
import { type FaultyBus, faultyBus } from './faulty-bus.ts'
import { proveAll } from './oracle.ts'
import { type Stage, stage } from './stage.ts'

/** Ten transfers among three accounts that have enough for all of them. */
async function tenTransfers(on: Stage, name: string): Promise<void> {
  const accounts = ['ann', 'bob', 'cid'] as const
  await on.drive(Promise.all(accounts.map((key) => on.insist('bank', 'Deposit', key, { pence: 1_000 }))))
  await on.drive(
    Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        on.insist('transfers', 'RequestTransfer', `${name}${index}`, {
          from: accounts[index % 3],
          to: accounts[(index + 1) % 3],
          pence: index + 1
        })
      )
    )
  )
}

test('I7: what was not delivered when the process died is delivered once after the next start', async () => {
  const on = await stage(bank())
  await tenTransfers(on, 't')
  await on.crash()
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 10, failed: 0 })
})

test('I7: a process that is killed again and again while it works does everything once', async () => {
  const on = await stage(bank(), { limits: { batchMax: 4 } })
  await tenTransfers(on, 't')
  for (let kills = 0; kills < 15; kills++) {
    await on.turns(kills + 1)
    await on.crash()
  }
  await on.settled()
  expect((await proveAll(on)).transfers).toEqual({ settled: 10, failed: 0 })
})

test.each([
  ['is not written', 'STORE_UNAVAILABLE', false],
  ['is written, but fails', 'STORE_UNAVAILABLE', true],
  ['finds no room', 'STORE_FULL', false],
  ['loses to another reader', 'CHECKPOINT_CONFLICT', false],
  ['loses to another writer', 'VERSION_CONFLICT', false]
] as const)('I1 I8: effects and checkpoints stay together when a commit %s', async (_, code, durable) => {
  const on = await stage(bank(), { limits: { batchMax: 4 } })
  for (const service of ['bank', 'transfers', 'notices'])
    on.stores.fail(service, { code, durable, times: 2, holding: (batch) => batch.checkpoints.length > 0 })
  await tenTransfers(on, 't')
  await on.settled()
  on.stores.expectAllFired()
  expect((await proveAll(on)).transfers).toEqual({ settled: 10, failed: 0 })
})

test('I1: what a commit of unknown end has said is heard, though nothing is said after it', async () => {
  const on = await stage(bank())
  await on.accepted('bank', 'Deposit', 'ann', { pence: 10 })
  await on.settled()
  on.stores.fail('bank', { code: 'STORE_UNAVAILABLE', durable: true, holding: ({ log }) => log.length > 0 })
  const unknown = on
    .send('bank', 'Debit', 'ann', { transfer: 't1', pence: 1 })
    .catch((thrown: unknown) => thrown)
  expect(await unknown).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await on.settled()
  expect(await on.service('notices').row('statement', 't1')).toEqual({ moves: ['debited'], pence: 1 })
})

test('I5 I7: a bus that loses, repeats and reorders announcements changes nothing', async () => {
  const ids = testIds(7)
  let bus: FaultyBus | undefined
  const on = await stage(bank(), {
    bus: () => {
      bus = faultyBus(localBus(), () => ids.random(), { lose: 0.3, repeat: 0.3, reorder: 0.3 })
      return bus
    }
  })
  await tenTransfers(on, 't')
  await on.settled()
  await tenTransfers(on, 'u')
  await on.settled()
  const { transfers } = await proveAll(on)
  expect(transfers).toEqual({ settled: 20, failed: 0 })
  expect(bus?.counts.lost).toBeGreaterThan(10)
  expect(bus?.counts.repeated).toBeGreaterThan(10)
  expect(bus?.counts.reordered).toBeGreaterThan(5)
})

test('I5: the last announcement may be lost and its rows still arrive', async () => {
  const on = await stage(bank(), {
    bus: () => faultyBus(localBus(), () => 0, { lose: 1, repeat: 0, reorder: 0 })
  })
  await tenTransfers(on, 't')
  // Nobody asks whether anything is left to do: the services find out by themselves.
  await on.until('all notices are sent', async () => {
    const notices = await on.service('notices').entities('notice', '', 20)
    return notices.length === 10 && notices.every(({ state }) => state.status === 'sent')
  })
  await on.settled()
  expect((await proveAll(on)).transfers.settled).toBe(10)
})

test('I7: calls to a store that overlap, as with a server, lose no wake-up', async () => {
  const ids = testIds(3)
  const on = await stage(bank(), { limits: { batchMax: 3 } })
  on.stores.slow(() => Math.floor(ids.random() * 4))
  await tenTransfers(on, 't')
  await on.settled()
  expect((await proveAll(on)).transfers.settled).toBe(10)
})

test('I4: a reader hears every key in the order of its commits', async () => {
  const on = await stage(bank(), { limits: { batchMax: 5 } })
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      on.accepted('bank', 'Deposit', `a${index % 7}`, { pence: index + 1 })
    )
  )
  await on.crash()
  await on.settled()
  await proveAll(on)
  const rows = await on
    .service('bank')
    .query('balances', { filters: [], orderBy: 'key', descending: false, limit: 10 })
  expect(
    rows.rows.map(({ data }) => (data as { events: number }).events).reduce((sum, one) => sum + one, 0)
  ).toBe(200)
})

test('a subscriber that was away reads more from the feed than is kept in memory', async () => {
  const on = await stage(bank(), { limits: { bufferedMax: 128, batchMax: 64 } })
  await Promise.all(
    Array.from({ length: 3_000 }, (_, index) =>
      on.accepted('bank', 'Deposit', `a${index % 40}`, { pence: 1 })
    )
  )
  await on.settled()
  await on.crash()
  await on.settled()
  await proveAll(on)
})

test('a service that hears itself does not hear itself twice', async () => {
  const on = await stage(bank())
  await tenTransfers(on, 't')
  await on.settled()
  const row = await on.service('notices').entity('notice', 't3')
  expect(row).toMatchObject({ sequence: 2, state: { status: 'sent' } })
})
