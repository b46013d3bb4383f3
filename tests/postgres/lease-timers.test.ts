import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { Failure } from '../../src/core/index.ts'
import { contract, processManager, service, stateMachine, system } from '../../src/index.ts'
import type { Log } from '../../src/ports/index.ts'
import { type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { logOf } from '../runtime/oracle.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { until } from './shared-bank.ts'
import { newSchema } from './stage.ts'

const harbour = contract('harbour')
const Arrive = harbour.command('Arrive', z.object({}))
const Arrived = harbour.event('Arrived', z.object({}))
const Left = harbour.event('Left', z.object({}))
const GaveUp = harbour.event('GaveUp', z.object({ ship: z.string() }))

type Ship = { readonly status: 'away' } | { readonly status: 'here' }

const seconds = 15
const ships = Array.from({ length: 12 }, (_, index) => `ship-${index}`)

const ship = stateMachine<Ship>('ship', { status: 'away' })
  .evolve(Arrived, { from: 'away', to: 'here' }, () => ({ status: 'here' }))
  .evolve(Left, { from: 'here', to: 'away' }, () => ({ status: 'away' }))
  .on(Arrive, { from: 'away', emits: Arrived }, () => Arrived({}))

const watch = processManager('watch')
  .startsWith(
    Arrived,
    (_, { key }) => key,
    (_, { key }) => ({ ship: key })
  )
  .step('leaves', (step) => step.doneBy(Left, (_, { key }) => key).timeout({ seconds }))
  .fails(({ ship: key }) => GaveUp({ ship: key }))

const harbours = system('harbours', [service(harbour, [ship, watch])])

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** An instance that can be cut off from the database, as by its death. */
interface Instance {
  readonly name: string
  readonly system: RunningSystem
  isCutOff: boolean
}

/** The same, but that all calls fail while `isCutOff` says so. */
function mortal<Whole extends object>(whole: Whole, isCutOff: () => boolean): Whole {
  return new Proxy(whole, {
    get: (target, member) => {
      const value: unknown = Reflect.get(target, member)
      if (member === 'leases' && value instanceof Object) return mortal(value, isCutOff)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        if (isCutOff()) return Promise.reject(new Failure('STORE_UNAVAILABLE', { hint: 'It is cut off.' }))
        return value.apply(target, parameters) as unknown
      }
    }
  })
}

describe.runIf(available('postgres', postgresMissing()))('timers of a service with several instances', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  async function start(schema: string, name: string): Promise<Instance> {
    const clock = systemClock()
    const state = { isCutOff: false }
    const running = await startSystem(
      harbours,
      {
        openStore: async (of) =>
          mortal(
            await postgresStore({ service: of, schema, pool: server.pool('postgres') }),
            () => state.isCutOff
          ),
        bus: localBus({ clock }),
        clock,
        ids: systemIds(),
        log: silent,
        effects: () => guardedEffects(),
        limits: { leaseMs: 1_500 }
      },
      { instance: { name } }
    )
    onTestFinished(() => running.stop())
    return Object.assign(state, { name, system: running })
  }

  const holderOf = async ({ system: running }: Instance): Promise<string | undefined> =>
    (await running.service('harbour').instances())
      .find(({ leases }) => leases.includes('watch'))
      ?.id.split('/')[0]

  test('I15: timers of an instance that dies fire at another, once and not early', async () => {
    const schema = newSchema()
    const instances = [await start(schema, 'first'), await start(schema, 'second')] as const
    const [first] = instances
    await until('one of them works for the process', async () => holderOf(first))
    for (const key of ships) {
      const answer = await first.system.service('harbour').send({ type: 'Arrive', key, data: {} })
      expect(answer.outcome).toBe('accepted')
    }
    const name = await holderOf(first)
    const [holder, other] = name === 'first' ? instances : [instances[1], instances[0]]
    expect(holder.name).toBe(name)
    await until(
      'all timers wait',
      async () => (await holder.system.service('harbour').status()).timers === ships.length
    )
    const logged = async (type: string) =>
      (await logOf(other.system.service('harbour'))).filter((row) => row.type === type)
    expect(await logged('GaveUp')).toEqual([])
    holder.isCutOff = true
    await until('another works for the process', async () => (await holderOf(other)) === other.name)
    expect(await logged('GaveUp')).toEqual([])
    await until('all timers have fired', async () => (await logged('GaveUp')).length >= ships.length)
    holder.isCutOff = false
    await until('both are there again', async () => {
      const all = await other.system.service('harbour').instances()
      return all.length === 2 && all.every(({ leases }) => leases.length > 0)
    })
    await Promise.all(instances.map((each) => each.system.idle()))
    const arrivedMs = new Map((await logged('Arrived')).map(({ key, timeMs }) => [key, timeMs]))
    const gaveUp = await logged('GaveUp')
    expect(gaveUp.map(({ key }) => key).toSorted()).toEqual(ships.toSorted())
    for (const { key, timeMs } of gaveUp)
      expect(timeMs - (arrivedMs.get(key) ?? Number.NaN)).toBeGreaterThanOrEqual(seconds * 1_000)
  }, 120_000)
})
