import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Instance } from '../../src/ports/index.ts'
import type { RunningService, ServiceStatus } from '../../src/runtime/index.ts'
import { logOf, proveAll } from '../runtime/oracle.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { InstanceProcess } from './instance-process.ts'
import { SharedBank, until } from './shared-bank.ts'
import { newSchema } from './stage.ts'

const accounts = ['ann', 'bob', 'cid', 'dan']

describe.runIf(available('postgres', postgresMissing()))('instances that die and stand still', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  /** A bank with money in its accounts, worked for by processes of these names that load it, and by this one. */
  async function loaded(...names: readonly string[]): Promise<[SharedBank, ...InstanceProcess[]]> {
    const on = new SharedBank(server, newSchema())
    await on.start()
    for (const account of accounts) await on.insist('bank', 'Deposit', account, { pence: 10_000 })
    const processes = names.map((name) => new InstanceProcess(server.port, on.suffix, name))
    for (const each of processes) await each.says('up')
    await on.shared(1 + names.length)
    for (const each of processes) each.tell('load')
    for (const each of processes) await until('it works', async () => each.accepted.length > 20)
    return [on, ...processes]
  }

  async function stopAll(processes: readonly InstanceProcess[]): Promise<void> {
    for (const each of processes) each.tell('stop')
    for (const each of processes) expect(await each.end()).toBe(0)
  }

  const nameOf = (instances: readonly Instance[], unit: string): string | undefined =>
    instances.find(({ leases }) => leases.includes(unit))?.id.split('/')[0]

  /** A part of the bank with much to do that a process works for. */
  async function aPartOf(
    on: SharedBank
  ): Promise<{ readonly service: RunningService; readonly unit: string; readonly name: string }> {
    const busy = { transfers: ['settlement'], notices: ['statement', 'clerk', 'postman'], bank: ['balances'] }
    for (const [name, units] of Object.entries(busy)) {
      const service = on.running[0]?.service(name) as RunningService
      const instances = await service.instances()
      for (const unit of units) {
        const holder = nameOf(instances, unit) ?? ''
        if (['first', 'second'].includes(holder)) return { service, unit, name: holder }
      }
    }
    throw new Error('The processes work for nothing.')
  }

  /** Everything that was acknowledged is there, once, and has ended. */
  async function prove(on: SharedBank, processes: readonly InstanceProcess[]): Promise<void> {
    await on.shared(1)
    await on.settled()
    const [last] = on.running
    if (!last) throw new Error('Nobody is left.')
    const proof = await proveAll({ system: last, settled: () => on.settled() }, 100)
    const rows = await logOf(last.service('transfers'))
    const requested = rows.filter(({ type }) => type === 'TransferRequested').map(({ key }) => key)
    expect(new Set(requested).size).toBe(requested.length)
    const acknowledged = processes.flatMap(({ accepted }) => accepted)
    expect(acknowledged.length).toBeGreaterThan(40)
    expect(acknowledged.filter((key) => !requested.includes(key))).toEqual([])
    expect(proof.transfers.settled + proof.transfers.failed).toBe(requested.length)
  }

  test('I2 I7 I12: an instance that is killed is replaced within seconds, and nothing is lost or doubled', async () => {
    const [on, first, second] = (await loaded('first', 'second')) as [
      SharedBank,
      InstanceProcess,
      InstanceProcess
    ]
    first.signal('SIGKILL')
    expect(await first.end()).toBe('SIGKILL')
    await on.shared(2)
    const { length } = second.accepted
    await until('the other goes on', async () => second.accepted.length > length + 10)
    await stopAll([second])
    await prove(on, [first, second])
  }, 240_000)

  test('I18: one that stood still past its lease cannot commit what it was about to, and works again afterwards', async () => {
    const [on, first, second] = (await loaded('first', 'second')) as [
      SharedBank,
      InstanceProcess,
      InstanceProcess
    ]
    const { service, unit, name } = await aPartOf(on)
    const holder = name === 'first' ? first : second
    const holds = async (): Promise<string | undefined> => nameOf(await service.instances(), unit)
    const what = `${service.definition.name} ${unit}`
    holder.tell(`stand-still ${what}`)
    await holder.says(`stands still before ${what}`)
    await until('another takes over', async () => ![undefined, name].includes(await holds()))
    // The new holder gets on with it before the old one wakes.
    const passed = async (): Promise<number> =>
      (await service.status()).subscriptions
        .filter(({ subscription }) => subscription === unit)
        .reduce((sum, { done }) => sum + done, 0)
    const before = await passed()
    await until('what it did goes on', async () => (await passed()) > before)
    holder.signal('SIGCONT')
    await holder.says(`refused late ${what} LEASE_LOST`)
    expect(holder.count('committed late')).toBe(0)
    await on.shared(3)
    const { length } = holder.accepted
    await until('it works again', async () => holder.accepted.length > length + 10)
    await stopAll([first, second])
    await prove(on, [first, second])
  }, 240_000)

  test('I27: instances that come and go in good order hand everything on', async () => {
    const [on, first] = (await loaded('first')) as [SharedBank, InstanceProcess]
    const all = [first]
    for (const name of ['second', 'third']) {
      const next = new InstanceProcess(server.port, on.suffix, name)
      await next.says('up')
      next.tell('load')
      await until('it works', async () => next.accepted.length > 10)
      all.push(next)
      await stopAll([all[all.length - 2] as InstanceProcess])
    }
    await stopAll(all.slice(-1))
    await prove(on, all)
  }, 240_000)

  test('idle waits for what a dead instance still holds, until it has passed to this one and is dealt with', async () => {
    const on = new SharedBank(server, newSchema())
    const dead = new InstanceProcess(server.port, on.suffix, 'dead')
    await dead.says('up')
    dead.tell('load')
    await until('it works', async () => dead.accepted.length > 20)
    dead.signal('SIGKILL')
    expect(await dead.end()).toBe('SIGKILL')
    const system = await on.start()
    const statuses = async (): Promise<readonly ServiceStatus[]> =>
      Promise.all([...system.services.values()].map((service) => service.status()))
    const foreign = (await statuses()).flatMap(({ instance, subscriptions }) =>
      subscriptions.filter(({ heldBy }) => heldBy !== instance)
    )
    expect(foreign.length).toBeGreaterThan(0)
    expect(foreign.some(({ pending }) => pending > 0)).toBe(true)
    await system.idle()
    const left = (await statuses()).flatMap(({ subscriptions }) =>
      subscriptions.filter(({ pending }) => pending !== 0)
    )
    expect(left).toEqual([])
    const keys = (await logOf(system.service('transfers')))
      .filter(({ type }) => type === 'TransferRequested')
      .map(({ key }) => key)
    expect(dead.accepted.filter((key) => !keys.includes(key))).toEqual([])
    expect(new Set(keys).size).toBe(keys.length)
  }, 120_000)
})
