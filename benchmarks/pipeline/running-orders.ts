import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { localBus } from 'skerry/local'
import { guardedEffects, pinoLog, systemClock, systemIds } from 'skerry/node'
import type { Batch, Store } from 'skerry/ports'
import { type RunningSystem, startSystem } from 'skerry/runtime'
import { type SqliteStoreOptions, sqliteStore } from 'skerry/sqlite'
import { type OrderRow, orderSystem } from './orders.ts'
import { orderIndex } from './workload.ts'

/** Where a system of orders keeps its files, and who is told of what. */
export interface OrdersOptions {
  readonly directory: string
  /** Called with the index of each order when its row in the read model is committed as `ready`. */
  readonly onReady?: (index: number) => void
  /** With the projection of customers beside that of orders. */
  readonly withCustomers?: boolean
  /** Opens a store in another way than in this thread. */
  readonly open?: (options: SqliteStoreOptions) => Promise<Store>
}

/** Calls `onReady` for every order that a batch of sales makes ready in the read model. */
export function readyOrders(batch: Batch, onReady: (index: number) => void): void {
  for (const { projection, key, data } of batch.projections) {
    if (projection !== 'orders') continue
    // The two services may be heard in either order; an order is whole when both have been.
    const { status, customerId } = data as OrderRow
    if (status === 'ready' && customerId !== '') onReady(orderIndex(key))
  }
}

/** Starts the three services on SQLite, a database each, as `skerry run` does. */
export function startOrders({
  directory,
  onReady,
  withCustomers = false,
  open = sqliteStore
}: OrdersOptions): Promise<RunningSystem> {
  mkdirSync(directory, { recursive: true })
  const clock = systemClock()
  const log = pinoLog({ level: 'warn' })
  return startSystem(orderSystem({ withCustomers }), {
    openStore: async (service) => {
      const store = await open({ service, file: join(directory, `${service}.db`) })
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
