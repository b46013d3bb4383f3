import { onTestFinished } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { type Log, type Store, unitOf } from '../../src/ports/index.ts'
import { type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { type BankOptions, bank } from '../runtime/bank.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'
import { until as untilWithin } from '../system/child.ts'

/** What a test may change of an instance. */
export interface InstanceOptions {
  readonly name?: string
  readonly url?: string
  readonly bank?: BankOptions
  readonly wrap?: (store: Store) => Store
  readonly log?: (text: string, fields: Readonly<Record<string, unknown>>) => void
  readonly leaseMs?: number
}

/** Waits with the patience that a busy machine needs on which several instances share two cores. */
export function until<Found>(what: string, look: () => Promise<Found | undefined | false>): Promise<Found> {
  return untilWithin(what, look, 100_000)
}

/** How long a lease lasts in tests: long enough for a machine that has much else to do. */
const leaseMs = 1_500

/** Starts one instance of the bank; its services are in schemas of their own. */
export function startInstance(
  pool: () => ReturnType<PostgresServer['pool']>,
  suffix: string,
  { name, url, wrap = (store) => store, log = () => undefined, ...more }: InstanceOptions = {}
): Promise<RunningSystem> {
  const clock = systemClock()
  const tell: Log = { debug: log, info: log, warn: log, error: log } as Log
  return startSystem(
    bank(more.bank),
    {
      openStore: async (service) =>
        wrap(await postgresStore({ service, schema: `${service}_${suffix}`, pool: pool(), partitions: 4 })),
      bus: localBus({ clock }),
      clock,
      ids: systemIds(),
      log: tell,
      effects: () => guardedEffects(),
      limits: { retryBaseMs: 10, retryMaxMs: 80, leaseMs: more.leaseMs ?? leaseMs }
    },
    { instance: { ...(name === undefined ? {} : { name }), ...(url === undefined ? {} : { url }) } }
  )
}

/** Several instances of one bank in this process. */
export class SharedBank {
  readonly #server: PostgresServer
  readonly #database: string
  readonly suffix: string
  readonly running: RunningSystem[] = []
  #sent = 0

  constructor(server: PostgresServer, suffix: string, database = 'postgres') {
    this.#server = server
    this.#database = database
    this.suffix = suffix
    onTestFinished(async () => {
      await Promise.all(this.running.map((each) => each.stop()))
    })
  }

  async start(options: InstanceOptions = {}): Promise<RunningSystem> {
    const pool = (): ReturnType<PostgresServer['pool']> =>
      this.#server.pool(this.#database, 'postgres', { max: 4 })
    const system = await startInstance(pool, this.suffix, options)
    this.running.push(system)
    return system
  }

  async stop(system: RunningSystem): Promise<void> {
    this.running.splice(this.running.indexOf(system), 1)
    await system.stop()
  }

  /** Sends a command to any instance until there is an answer, as a client behind a load balancer does. */
  async insist(service: string, type: string, key: string, data: unknown): Promise<string> {
    const idempotencyKey = `${this.#database}-${this.suffix}-${this.#sent++}`
    return until(`${type} ${key} is answered`, async () => {
      const at = this.running[this.#sent++ % this.running.length]
      const answer = await at
        ?.service(service)
        .send({ type, key, data, idempotencyKey })
        .catch(() => undefined)
      return answer?.outcome
    })
  }

  /** Waits until so many instances have come to equal shares of every service, one holder for each part. */
  async shared(count: number): Promise<void> {
    const [any] = this.running
    for (const service of any?.services.values() ?? [])
      await until(`${service.definition.name} is shared by ${count}`, async () => {
        const instances = await service.instances()
        const shares = instances.map(({ leases }) => leases.length)
        const parts = [...service.definition.units.values()].filter(({ kind }) => kind !== 'state-machine')
        const all = shares.reduce((sum, share) => sum + share, 0)
        return (
          instances.length === count &&
          all === parts.length + 1 &&
          Math.max(...shares) - Math.min(...shares) <= 1
        )
      })
  }

  /** Waits until every part of every service, wherever it is worked for, has dealt with all that was said. */
  async settled(): Promise<void> {
    await until('nothing is left to do', async () => {
      for (const system of this.running) for (const name of system.services.keys()) system.heard(name)
      await Promise.all(this.running.map((each) => each.idle()))
      const before = await this.#published()
      const left = await this.#left(before)
      return left === 0 && [...before].join() === [...(await this.#published())].join()
    })
  }

  /** How many parts have not dealt with all that was published, or are not worked for here. */
  async #left(published: ReadonlyMap<string, number>): Promise<number> {
    let left = 0
    for (const { definition } of this.running[0]?.services.values() ?? []) {
      const calm = new Set<string>()
      for (const system of this.running) {
        const { instance, subscriptions } = await system.service(definition.name).status()
        const busy = subscriptions.filter(({ source, done }) => done !== published.get(source))
        for (const { subscription, heldBy } of subscriptions)
          if (heldBy === instance && !busy.some((one) => one.subscription === subscription))
            calm.add(unitOf(subscription))
      }
      const units = [...definition.units.values()].filter(({ kind }) => kind !== 'state-machine')
      left += units.filter(({ name }) => !calm.has(name)).length
    }
    return left
  }

  async #published(): Promise<ReadonlyMap<string, number>> {
    const published = new Map<string, number>()
    for (const service of this.running[0]?.services.values() ?? [])
      published.set(
        service.definition.name,
        (await service.feed.heads()).reduce((sum, head) => sum + head, 0)
      )
    return published
  }
}
