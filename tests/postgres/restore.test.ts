import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { silentLog } from '../../src/cli/silent-log.ts'
import { gateway } from '../../src/gateway/index.ts'
import type { RunningSystem } from '../../src/runtime/index.ts'
import { logOf, proveAll } from '../runtime/oracle.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { emptyDirectory, ended } from '../system/skerry-process.ts'
import { SharedBank, until } from './shared-bank.ts'
import { newSchema } from './stage.ts'

const accounts = ['ann', 'bob', 'cid', 'dan']
const services = ['bank', 'notices', 'transfers']

interface Finding {
  readonly level: string
  readonly about: string
  readonly text: string
}

/** What `skerry doctor` finds in a system of this process, of its services only. */
async function examined(system: RunningSystem): Promise<readonly Finding[]> {
  const [clock, ids] = [systemClock(), systemIds()]
  const parts = { bus: localBus({ clock }), clock, ids, log: silentLog }
  const front = await gateway({ system, ...parts, port: 0 })
  onTestFinished(() => front.close())
  const { output } = await ended(['doctor', '--json', '--url', front.url], { cwd: emptyDirectory() })
  const { findings } = JSON.parse(output) as { readonly findings: readonly Finding[] }
  expect(findings).toContainEqual(expect.objectContaining({ about: 'system', level: 'ok' }))
  return findings.filter(({ about }) => services.includes(about))
}

/** Transfers that are asked for one after the other by three clients, until it is stopped. */
class Load {
  /** Those that were acknowledged, in the order in which that was heard. */
  readonly acknowledged: string[] = []
  readonly #clients: Promise<unknown>
  #stopping = false

  constructor(on: SharedBank, name: string) {
    let sent = 0
    const client = async (): Promise<void> => {
      for (let index = sent++; !this.#stopping; index = sent++) {
        const [from, to] = [accounts[index % 4] as string, accounts[(index * 3 + 1) % 4] as string]
        const key = `${name}-${index}`
        const outcome = await on.insist('transfers', 'RequestTransfer', key, { from, to, pence: 1 })
        expect(outcome).toBe('accepted')
        this.acknowledged.push(key)
      }
    }
    this.#clients = Promise.all([client(), client(), client()])
  }

  async more(count: number): Promise<void> {
    const target = this.acknowledged.length + count
    await until(`${target} transfers are acknowledged`, async () => this.acknowledged.length >= target)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#clients
  }
}

async function requested(system: RunningSystem): Promise<readonly string[]> {
  const rows = await logOf(system.service('transfers'))
  return rows.filter(({ type }) => type === 'TransferRequested').map(({ key }) => key)
}

describe.runIf(available('postgres', postgresMissing()))('a copy of a database that is put back', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 60_000)
  afterAll(() => server.remove())

  test('I2 I4 I7 I12 I20: what pg_dump took under load goes on elsewhere, with all that was acknowledged before', async () => {
    const on = new SharedBank(server, newSchema())
    const first = await on.start()
    for (const account of accounts) await on.insist('bank', 'Deposit', account, { pence: 10_000 })
    const load = new Load(on, 'before')
    let before: readonly string[] = []
    const file = await until('commands are acknowledged during a dump', async () => {
      await load.more(30)
      before = [...load.acknowledged]
      const dumped = await server.dump('postgres')
      return load.acknowledged.length > before.length && dumped
    })
    await load.more(10)
    await load.stop()
    await on.stop(first)
    await server.putBack(file, 'restored')

    const again = new SharedBank(server, on.suffix, 'restored')
    const system = await again.start()
    const kept = await requested(system)
    expect(before.length).toBeGreaterThanOrEqual(30)
    expect(before.filter((key) => !kept.includes(key))).toEqual([])
    // What came after the dump is lost, as with every copy: this is another database.
    expect(load.acknowledged.length).toBeGreaterThan(kept.length)

    const more = new Load(again, 'after')
    await more.more(20)
    await more.stop()
    await again.settled()
    const proof = await proveAll({ system, settled: () => again.settled() }, 200)
    expect(proof.transfers.settled + proof.transfers.failed).toBe(kept.length + more.acknowledged.length)
    const found = await examined(system)
    expect(found.map(({ about }) => about).toSorted()).toEqual(services)
    expect(found.filter(({ level }) => level !== 'ok')).toEqual([])
  }, 120_000)

  test('services under which an older copy is put serve nothing, and doctor names each of them', async () => {
    const on = new SharedBank(server, newSchema())
    const system = await on.start()
    for (const account of accounts) await on.insist('bank', 'Deposit', account, { pence: 100 })
    await on.settled()
    await server.save()
    const load = new Load(on, 'lost')
    await load.more(20)
    await load.stop()
    await on.settled()
    await server.restore()
    const found = await until('doctor finds each of them', async () => {
      const all = await examined(system)
      return all.length === 3 && all.every(({ level }) => level === 'fault') && all
    })
    for (const { about, text } of found) {
      expect(services).toContain(about)
      expect(text).toMatch(
        /^The store found its data damaged.* schema (bank|transfers|notices)_\w+: partition \d+ ends at \d+, but \d+ was acknowledged/
      )
    }
    expect(found.map(({ about }) => about).toSorted()).toEqual(services)
  }, 120_000)
})
