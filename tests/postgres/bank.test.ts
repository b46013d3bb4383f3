import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { bank } from '../runtime/bank.ts'
import { proveAll } from '../runtime/oracle.ts'
import { type Stage, stage } from '../runtime/stage.ts'
import { postgresMissing } from '../servers/postgres-binaries.ts'
import { PostgresServer } from '../servers/postgres-server.ts'
import { available } from '../servers/required.ts'
import { watchedPool } from './watched-pool.ts'

const forEver = 3_600_000
const accounts = ['ann', 'bob', 'cid', 'dan']

describe.runIf(available('postgres', postgresMissing()))('the bank on PostgreSQL', () => {
  let server: PostgresServer
  let schemas = 0

  beforeAll(async () => {
    server = await PostgresServer.start()
    for (const role of ['bank', 'transfers', 'notices'])
      await server.admin(
        'postgres',
        `CREATE ROLE ${role} LOGIN`,
        `GRANT CREATE ON DATABASE postgres TO ${role}`
      )
  }, 60_000)
  afterAll(() => server.remove())

  // Time of the test runs ahead of that of the server, by which leases go: only who waits for their end lets them end.
  async function onStage(leaseMs: number, counted: (text: string) => void = () => undefined): Promise<Stage> {
    schemas += 1
    const suffix = schemas
    return stage(bank(), {
      limits: { leaseMs },
      openStore: (service) => {
        const pool = watchedPool(server.pool('postgres', service), (connection, text, values) => {
          counted(text)
          return connection.query(text, values)
        })
        return postgresStore({ service, schema: `${service}_${suffix}`, pool })
      }
    })
  }

  /** The leases of a crashed process last a while; then all is done that is left. */
  async function worksForAll(on: Stage): Promise<void> {
    await on.until('all parts are worked for here', async () => {
      const all = await Promise.all([...on.system.services.values()].map((service) => service.status()))
      return all.every(({ subscriptions, instance }) =>
        subscriptions.every(({ heldBy }) => heldBy === instance)
      )
    })
    await on.settled()
  }

  async function transfers(
    on: Stage,
    count: number,
    between: (index: number) => Promise<void>
  ): Promise<void> {
    for (const account of accounts) await on.drive(on.insist('bank', 'Deposit', account, { pence: 1_000 }))
    const sent: Promise<unknown>[] = []
    for (let index = 0; index < count; index++) {
      const [from, to] = [accounts[index % 4] as string, accounts[(index * 3 + 1) % 4] as string]
      const data = { from, to, pence: 1 + (index % 40) }
      sent.push(on.insist('transfers', 'RequestTransfer', `t${index}`, data))
      await between(index)
    }
    await on.drive(Promise.all(sent))
    await on.settled()
  }

  test('I2 I3 I7 I12 I22: with connections killed all the time, no money is lost and every transfer ends once', async () => {
    const on = await onStage(forEver)
    const kill = (): Promise<unknown[]> =>
      server.admin(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE usename IN ('bank', 'transfers', 'notices') AND random() < 0.7`
      )
    let killed = 0
    await transfers(on, 80, async (index) => {
      if (index % 2 === 0) return
      // Somebody insists until the store is up again, so that there is something to be killed; meanwhile time passes.
      const insisted = on.insist('bank', 'Deposit', 'ann', { pence: 1 })
      const [rows] = await on.drive(Promise.all([kill(), insisted]))
      killed += rows.length
    })
    expect(killed).toBeGreaterThan(20)
    const proof = await on.drive(proveAll(on, 400))
    expect(proof.transfers.settled).toBeGreaterThan(50)
    const failures = on.lines.filter(({ fields }) => fields['code'] === 'STORE_UNAVAILABLE')
    expect(failures.length).toBeGreaterThan(0)
  }, 120_000)

  test('I2 I27: an immediate stop of the server and a crash of the system lose nothing', async () => {
    const on = await onStage(10_000)
    await transfers(on, 40, async (index) => {
      if (index === 15) await server.restart('immediate')
      if (index === 30) await on.crash()
      await on.turns(3)
    })
    await worksForAll(on)
    const proof = await on.drive(proveAll(on, 200))
    expect(proof.transfers.settled + proof.transfers.failed).toBe(40)
  }, 120_000)

  test('a commit is one round trip, and what many commands need to read is read together', async () => {
    const texts: string[] = []
    const on = await onStage(forEver, (text) => texts.push(text))
    await on.drive(on.insist('bank', 'Deposit', 'ann', { pence: 1 }))
    await on.settled()
    texts.length = 0
    const sent = Array.from({ length: 300 }, (_, index) =>
      on.insist('bank', 'Deposit', `account-${index}`, { pence: 1 })
    )
    await on.drive(Promise.all(sent))
    await on.settled()
    const commits = texts.filter((text) => text.startsWith('WITH checked')).length
    const transactions = texts.filter((text) => text.startsWith('BEGIN')).length
    // What an instance asks each second, whatever happens, is no matter of the commands.
    const beats =
      /\.beat\(|\.acknowledge\(|\.checkpoint WHERE|SELECT head FROM|\.timer\b|\.setting\b|SELECT number, head FROM|server_version_num/
    const reads = texts.filter((text) => !beats.test(text)).length - commits
    expect(commits).toBeGreaterThan(0)
    expect(transactions).toBe(0)
    expect(commits).toBeLessThan(40)
    // States of the machine, rows of the projection, and the answers that idempotency keys may have already.
    // They go by the commits, not by the 300 commands; what an instance looks at by the clock comes on top.
    expect(reads, texts.join('\n')).toBeLessThanOrEqual(20 + 5 * commits)
    expect(reads).toBeLessThan(200)
  })
})
