import { expect, onTestFinished } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { noNeeds } from '../../src/conformance/retention-stage.ts'
import type { Bus, Clock, Log, LogRow, Store } from '../../src/ports/index.ts'
import { type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { type CounterVersion, counter } from '../runtime/counter.ts'
import type { PostgresServer } from '../servers/postgres-server.ts'
import { until } from '../system/child.ts'
import { archiveOldest } from './archiving.ts'

export const rangeSpan = 20
export const partitions = 2

/** A clock on which what is looked at every ten seconds is looked at all the time. */
function hastyClock(): Clock {
  const clock = systemClock()
  return { ...clock, schedule: (delayMs, task) => clock.schedule(delayMs >= 5_000 ? 20 : delayMs, task) }
}

/** The counting system on ranges of few positions. */
export class ArchivedCounting {
  readonly #server: PostgresServer
  readonly #suffix: string
  readonly warnings: string[] = []
  #system: RunningSystem | undefined
  bus: Bus = localBus()
  clock: Clock = hastyClock()
  #sent = 0

  constructor(server: PostgresServer, suffix: string) {
    this.#server = server
    this.#suffix = suffix
    onTestFinished(() => this.stop())
  }

  get system(): RunningSystem {
    expect(this.#system).toBeDefined()
    return this.#system as RunningSystem
  }

  /** The store of a service, beside those that the system has open. */
  store(service = 'count'): Promise<Store> {
    const pool = this.#server.pool('postgres', 'postgres', { max: 3 })
    return postgresStore({ service, schema: `${service}_${this.#suffix}`, pool, partitions, rangeSpan })
  }

  async start(version: CounterVersion = {}, only?: readonly string[]): Promise<RunningSystem> {
    const { clock } = this
    this.bus = localBus()
    const warn = (text: string): void => {
      this.warnings.push(text)
    }
    const quiet = (): void => undefined
    const log: Log = { debug: quiet, info: quiet, warn, error: quiet }
    this.#system = await startSystem(
      counter(version),
      {
        openStore: (service) => this.store(service),
        bus: this.bus,
        clock,
        ids: systemIds(),
        log,
        effects: () => guardedEffects(),
        limits: { leaseMs: 1_500 }
      },
      only ? { only } : {}
    )
    return this.#system
  }

  async stop(): Promise<void> {
    await this.#system?.stop()
    this.#system = undefined
  }

  /** Adds 1 so often to each of twenty keys, which are in both partitions. */
  async add(times: number): Promise<void> {
    for (let time = 0; time < times; time++)
      await Promise.all(
        Array.from({ length: 20 }, (_, key) =>
          this.system
            .service('count')
            .send({ type: 'Add', key: `k${key}`, data: { by: 1 }, idempotencyKey: `a${this.#sent++}` })
        )
      )
  }

  /** Archives what there is, as soon as everybody has said that they have it; gives the rows of each range. */
  async archiveAll(store: Store, least: number): Promise<(readonly LogRow[])[]> {
    const ranges: (readonly LogRow[])[] = []
    await until(`${least} ranges are archived`, async () => {
      const held = (await store.retention?.held(1, noNeeds)) ?? []
      if (held.length === 0) ranges.push(await archiveOldest(store))
      return ranges.length >= least
    })
    return ranges
  }

  /** What the projection has counted, over all keys. */
  async total(): Promise<number> {
    const { rows } = await this.system
      .service('watch')
      .query('totals', { filters: [], orderBy: 'total', descending: false, limit: 100 })
    return rows.reduce((sum, row) => sum + (row.data as { readonly total: number }).total, 0)
  }
}
