import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { actor, contract, refuse, service, stateMachine, system, type Unit } from '../../src/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { type RunningService, type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { SharedBank, until } from './shared-bank.ts'
import { newSchema } from './stage.ts'

/** So long that an instance hears of no other before the test is over. */
const forEverMs = 600_000

const harbour = contract('harbour')
const Load = harbour.command('Load', z.object({ crates: z.array(z.int()) }))
const Loaded = harbour.event('Loaded', z.object({ crates: z.array(z.int()) }))
const Leave = harbour.command('Leave', z.object({}))
const Paint = harbour.command('Paint', z.object({}))
const Painted = harbour.event('Painted', z.object({}))
type Ship = { readonly status: 'here'; readonly crates: number[]; readonly paints: number }

/** A ship whose refusal to leave puts its crates in order, which a decision must not do. */
const ship = stateMachine<Ship>('ship', { status: 'here', crates: [], paints: 0 })
  .evolve(Loaded, { from: 'here', to: 'here' }, (state, { crates }) => ({ ...state, crates }))
  .evolve(Painted, { from: 'here', to: 'here' }, (state) => ({ ...state, paints: state.paints + 1 }))
  .on(Load, { from: 'here', emits: Loaded }, (_, { crates }) => Loaded({ crates }))
  .on(Paint, { from: 'here', emits: Painted }, () => Painted({}))
  .on(Leave, { from: 'here', emits: Loaded }, ({ crates }) =>
    refuse('heavy', `The first is ${crates.sort((left, right) => left - right)[0]}.`)
  )

/** Stores whose reads of accounts, and commits that another writer was faster than, are counted. */
function counted(): { readonly wrap: (store: Store) => Store; reads: number; conflicts: number } {
  const counts = {
    reads: 0,
    conflicts: 0,
    wrap: (store: Store): Store =>
      new Proxy(store, {
        get: (target, member) => {
          if (member === 'states')
            return (...[unit, keys]: Parameters<Store['states']>) => {
              if (unit === 'account') counts.reads += 1
              return target.states(unit, keys)
            }
          if (member === 'commit')
            return (...[batch]: Parameters<Store['commit']>) =>
              target.commit(batch).catch((thrown: { readonly code: string }) => {
                if (thrown.code === 'VERSION_CONFLICT') counts.conflicts += 1
                throw thrown
              })
          const value: unknown = Reflect.get(target, member)
          return typeof value === 'function' ? value.bind(target) : value
        }
      })
  }
  return counts
}

describe.runIf(available('postgres', postgresMissing()))('states that an instance keeps', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  const send = async (system: RunningSystem, type: string, data: unknown): Promise<unknown> => {
    const answer = await system.service('bank').send({ type, key: 'ann', data })
    return answer.outcome === 'refused' ? answer.refusal.code : answer.outcome
  }

  test('alone, it reads again what it has written only to refuse something', async () => {
    const on = new SharedBank(server, newSchema())
    const counts = counted()
    const first = await on.start({ wrap: counts.wrap })
    expect(await send(first, 'Deposit', { pence: 5 })).toBe('accepted')
    expect(counts.reads).toBe(1)
    expect(await send(first, 'Deposit', { pence: 5 })).toBe('accepted')
    expect(counts.reads).toBe(1)
    expect(await send(first, 'Debit', { transfer: 't-1', pence: 11 })).toBe('no-cover')
    expect(counts.reads).toBe(2)
    expect(await send(first, 'Debit', { transfer: 't-2', pence: 10 })).toBe('accepted')
    expect(counts).toMatchObject({ reads: 2, conflicts: 0 })
  })

  test('I5: nothing is accepted or refused on what another has changed since, known or not', async () => {
    const on = new SharedBank(server, newSchema())
    const counts = counted()
    const first = await on.start({ wrap: counts.wrap, leaseMs: forEverMs })
    expect(await send(first, 'Deposit', { pence: 5 })).toBe('accepted')
    const second = await on.start({ leaseMs: forEverMs })
    expect(await send(second, 'Deposit', { pence: 100 })).toBe('accepted')
    expect(counts).toMatchObject({ reads: 1, conflicts: 0 })
    // Five pence are what the first remembers: it would refuse, looks whether that still holds, and decides again.
    expect(await send(first, 'Debit', { transfer: 't-1', pence: 50 })).toBe('accepted')
    expect(counts).toMatchObject({ reads: 3, conflicts: 0 })
    expect(await send(second, 'Debit', { transfer: 't-2', pence: 55 })).toBe('accepted')
    // It remembers 55 and would accept; the commit finds that they are gone.
    expect(await send(first, 'Debit', { transfer: 't-3', pence: 55 })).toBe('no-cover')
    expect(counts).toMatchObject({ reads: 4, conflicts: 1 })
  })

  /** A harbour with the ship and these parts. */
  const harbourWith = async (...parts: readonly Unit[]): Promise<RunningService> => {
    const clock = systemClock()
    const silent = { debug() {}, info() {}, warn() {}, error() {} }
    const schema = newSchema()
    const running = await startSystem(system('harbours', [service(harbour, [ship, ...parts])]), {
      openStore: (of) => postgresStore({ service: of, schema, pool: server.pool('postgres') }),
      bus: localBus({ clock }),
      clock,
      ids: systemIds(),
      log: silent,
      effects: () => guardedEffects()
    })
    onTestFinished(() => running.stop())
    return running.service('harbour')
  }

  /** That what is accepted next is decided on the state that was loaded, and written. */
  const expectAsLoaded = async (ships: RunningService, crates: readonly number[]): Promise<void> => {
    expect(await ships.send({ type: 'Paint', key: 'a', data: {} })).toMatchObject({ outcome: 'accepted' })
    expect((await ships.entity('ship', 'a'))?.state).toEqual({ status: 'here', crates, paints: 1 })
    expect(await ships.check()).toEqual([])
  }

  test('what a refusal does to its state in place is not decided on again, nor written', async () => {
    const ships = await harbourWith()
    const crates = [3, 1, 2]
    await ships.send({ type: 'Load', key: 'a', data: { crates } })
    for (const refusal of [{ reason: 'The first is 1.' }, { code: 'heavy' }])
      expect(await ships.send({ type: 'Leave', key: 'a', data: {} })).toMatchObject({
        outcome: 'refused',
        refusal
      })
    await expectAsLoaded(ships, crates)
  })

  test('what an effect does to the event that it is given does not reach the state', async () => {
    let worked = 0
    const crane = actor('crane').effect(Loaded, { timeout: { seconds: 5 } }, async ({ crates }) => {
      crates.sort((left, right) => left - right)
      worked += 1
      return []
    })
    const ships = await harbourWith(crane)
    await ships.send({ type: 'Load', key: 'a', data: { crates: [3, 1, 2] } })
    await until('the crane has worked', async () => worked > 0)
    await expectAsLoaded(ships, [3, 1, 2])
  })

  test('what a caller does to the answer that it got does not reach the state', async () => {
    const ships = await harbourWith()
    const answer = await ships.send({ type: 'Load', key: 'a', data: { crates: [3, 1, 2] } })
    if (answer.outcome !== 'accepted') throw new Error('It was refused.')
    ;(answer.event.data as { readonly crates: number[] }).crates.length = 0
    await expectAsLoaded(ships, [3, 1, 2])
  })

  test('beside another it reads at each turn, and no more once it is alone again', async () => {
    const on = new SharedBank(server, newSchema())
    const counts = counted()
    const first = await on.start({ wrap: counts.wrap })
    const readsOfADeposit = async (): Promise<number> => {
      const before = counts.reads
      expect(await send(first, 'Deposit', { pence: 1 })).toBe('accepted')
      return counts.reads - before
    }
    expect([await readsOfADeposit(), await readsOfADeposit()]).toEqual([1, 0])
    const second = await on.start()
    await on.shared(2)
    await until('it knows of the other', async () => (await readsOfADeposit()) > 0)
    expect([await readsOfADeposit(), await readsOfADeposit()]).toEqual([1, 1])
    await on.stop(second)
    await until('it knows that it is alone', async () => (await readsOfADeposit()) === 0)
    expect(await readsOfADeposit()).toBe(0)
  })
})
