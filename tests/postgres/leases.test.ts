import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reaction } from '../../src/index.ts'
import type { Accepted, CommandAnswer, RunningSystem } from '../../src/runtime/index.ts'
import { logOf, proveAll, proveOrder } from '../runtime/oracle.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { Handlings } from './handlings.ts'
import { SharedBank, until } from './shared-bank.ts'
import { failureOf, newSchema } from './stage.ts'

/** The instance that works for a part. */
async function holderOf(on: SharedBank, service: string, unit: string): Promise<RunningSystem> {
  for (const system of on.running) {
    const { instance, subscriptions } = await system.service(service).status()
    if (subscriptions.some(({ subscription, heldBy }) => subscription === unit && heldBy === instance))
      return system
  }
  throw new Error(`Nobody works for ${service}/${unit}.`)
}

/** Gives everything else its turn. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const accounts = ['ann', 'bob', 'cid', 'dan']

describe.runIf(available('postgres', postgresMissing()))('several instances that share a bank', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  const sharedBank = (): SharedBank => new SharedBank(server, newSchema())

  async function several(count: number): Promise<[SharedBank, ...RunningSystem[]]> {
    const on = sharedBank()
    for (let started = 0; started < count; started++) await on.start()
    await on.shared(count)
    return [on, ...on.running]
  }

  test('I7 I12 I19: from one to four to one under load nothing is lost, doubled or reordered', async () => {
    const on = sharedBank()
    const handlings = new Handlings()
    const start = (): Promise<RunningSystem> => on.start(handlings.instance())
    await start()
    for (const account of accounts) await on.insist('bank', 'Deposit', account, { pence: 10_000 })
    let loading = true
    let sent = 0
    const outcomes: string[] = []
    const load = Array.from({ length: 3 }, async () => {
      for (let index = sent++; loading; index = sent++) {
        const [from, to] = [accounts[index % 4] as string, accounts[(index * 3 + 1) % 4] as string]
        outcomes.push(await on.insist('transfers', 'RequestTransfer', `t${index}`, { from, to, pence: 1 }))
      }
    })
    for (let count = 2; count <= 4; count++) {
      await start()
      await on.shared(count)
    }
    for (let count = 3; count >= 1; count--) {
      await on.stop(on.running[count % 2 === 0 ? 0 : 1] as RunningSystem)
      await on.shared(count)
    }
    loading = false
    await Promise.all(load)
    await on.settled()
    const [last] = on.running as [RunningSystem]
    const proof = await proveAll({ system: last, settled: () => on.settled() }, 100)
    expect(outcomes.every((outcome) => outcome === 'accepted')).toBe(true)
    expect(proof.transfers.settled + proof.transfers.failed).toBe(outcomes.length)
    expect(handlings.instances).toBe(4)
    expect(handlings.committed.length).toBeGreaterThan(50)
    expect(handlings.overlapping()).toEqual([])
  }, 240_000)

  test('I19: effects of one key are carried out one after the other, also while those who hold them change', async () => {
    const on = sharedBank()
    const posted: { readonly instance: number; readonly from: number; readonly to: number }[] = []
    let moment = 0
    let instances = 0
    const start = (): Promise<RunningSystem> => {
      const instance = instances++
      const post = async (): Promise<Reaction> => {
        const from = ++moment
        for (let turn = 0; turn < 20; turn++) await nextTurn()
        posted.push({ instance, from, to: ++moment })
        return []
      }
      return on.start({ bank: { post, orderNoticesBy: () => 'one' } })
    }
    await start()
    let loading = true
    let sent = 0
    const load = (async () => {
      for (; loading; sent++) await on.insist('notices', 'WriteNotice', `n${sent}`, { text: 'x' })
    })()
    for (let count = 2; count <= 3; count++) {
      await start()
      await on.shared(count)
    }
    // Whoever posts leaves, twice: another goes on with what is left.
    for (let count = 2; count >= 1; count--) {
      const before = posted.length
      await until('somebody posts', async () => posted.length > before)
      const holder = await holderOf(on, 'notices', 'postman')
      await on.stop(holder)
      await on.shared(count)
    }
    loading = false
    await load
    await on.settled()
    expect(posted.length).toBeGreaterThanOrEqual(sent)
    expect(new Set(posted.map(({ instance }) => instance)).size).toBeGreaterThanOrEqual(3)
    const inOrder = posted.toSorted((left, right) => left.from - right.from)
    expect(inOrder.filter(({ to }, at) => to > (inOrder[at + 1]?.from ?? Number.POSITIVE_INFINITY))).toEqual(
      []
    )
  }, 240_000)

  test('commands for one key at all instances at once: each is decided on what is there, once', async () => {
    const [on, ...systems] = await several(4)
    await on.insist('bank', 'Deposit', 'ann', { pence: 100 })
    const sent = systems.flatMap((system, at) =>
      Array.from({ length: 12 }, (_, index) =>
        system
          .service('bank')
          .send({ type: 'Debit', key: 'ann', data: { transfer: `t${at}-${index}`, pence: 10 } })
      )
    )
    const answers: readonly CommandAnswer[] = await Promise.all(sent)
    const refusals = answers.filter(({ outcome }) => outcome === 'refused')
    expect(refusals).toHaveLength(38)
    for (const refused of refusals) expect(refused).toMatchObject({ refusal: { code: 'no-cover' } })
    const [one] = systems as [RunningSystem]
    expect((await one.service('bank').entity('account', 'ann'))?.state).toMatchObject({ pence: 0 })
    const rows = await logOf(one.service('bank'))
    expect(rows.filter(({ type }) => type === 'Debited')).toHaveLength(10)
    proveOrder(rows)
  }, 240_000)

  test('I3: one request at all instances at once takes effect once and gets one answer', async () => {
    const [, ...systems] = await several(3)
    for (let round = 0; round < 10; round++) {
      const request = {
        type: 'Deposit',
        key: `a${round}`,
        data: { pence: 5 },
        idempotencyKey: `same-${round}`
      }
      const answers = await Promise.all(systems.map((system) => system.service('bank').send(request)))
      expect(new Set(answers.map((answer) => (answer as Accepted).position)).size).toBe(1)
    }
    const [one] = systems as [RunningSystem]
    expect((await logOf(one.service('bank'))).length).toBe(10)
    const other = { type: 'Deposit', key: 'a0', data: { pence: 6 }, idempotencyKey: 'same-0' }
    expect((await failureOf(one.service('bank').send(other))).code).toBe('IDEMPOTENCY_KEY_REUSED')
  }, 240_000)

  test('I25: whoever is asked knows what the caller has written, wherever it is folded', async () => {
    const [, ...systems] = await several(3)
    for (let round = 0; round < 12; round++) {
      const at = (shift: number): RunningSystem => systems[(round + shift) % 3] as RunningSystem
      const answer = await at(0)
        .service('bank')
        .send({ type: 'Deposit', key: 'ann', data: { pence: 1 } })
      const after = [(answer as Accepted).position]
      for (const shift of [0, 1, 2])
        expect(
          await at(shift).service('bank').row('balances', 'ann', { after, waitMs: 20_000 })
        ).toMatchObject({ pence: round + 1 })
    }
  }, 240_000)
})
