import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { localBus } from 'skerry/local'
import { guardedEffects, pinoLog, systemClock, systemIds } from 'skerry/node'
import type { Batch } from 'skerry/ports'
import { type RunningSystem, startSystem } from 'skerry/runtime'
import { sqliteStore } from 'skerry/sqlite'
import { orderSystem } from './orders.ts'
import { orderIndex } from './workload.ts'

/** Where a system of orders keeps its files, and who is told of what. */
export interface OrdersOptions {
  readonly directory: string
  /** Called with the index of each order when its row in the read model is committed as `ready`. */
  readonly onReady?: (index: number) => void
  /** With the projection of customers beside that of orders. */
  readonly withCustomers?: boolean
}

function readyOrders(batch: Batch, onReady: (index: number) => void): void {
  for (const { projection, key, data } of batch.projections)
    if (projection === 'orders' && (data as { status: string }).status === 'ready') onReady(orderIndex(key))
}

/** Starts the three services on SQLite, a database each, as `skerry run` does. */
export function startOrders({
  directory,
  onReady,
  withCustomers = false
}: OrdersOptions): Promise<RunningSystem> {
  mkdirSync(directory, { recursive: true })
  const clock = systemClock()
  const log = pinoLog({ level: 'warn' })
  return startSystem(orderSystem({ withCustomers }), {
    openStore: async (service) => {
      const store = await sqliteStore({ service, file: join(directory, `${service}.db`) })
      if (service !== 'sales' || !onReady) return store
      // What is committed is what a query reads from then on: this sees it without asking.
      const commit = store.commit.bind(store)
      store.commit = async (batch) => {
        const committed = await commit(batch)
        readyOrders(batch, onReady)
        return committed
      }
      return store
    },
    bus: localBus({ clock, log }),
    clock,
    ids: systemIds(),
    log,
    effects: () => guardedEffects()
  })
}
