import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Gateway, gateway, remoteSystem } from 'skerry/gateway'
import { httpFeedBus } from 'skerry/http-feed'
import { localBus } from 'skerry/local'
import { guardedEffects, pinoLog, systemClock, systemIds } from 'skerry/node'
import type { Batch, Store } from 'skerry/ports'
import { type RunningSystem, startSystem } from 'skerry/runtime'
import type { SqliteStoreOptions } from 'skerry/sqlite'
import { type OrderRow, orderSystem } from './orders.ts'
import { type Parts, startParts } from './parts.ts'
import { embedded, openBus, openStore, type PipelinePlace } from './place.ts'
import { orderIndex } from './workload.ts'

/** Where a system of orders keeps its data, and who is told of what. */
export interface OrdersOptions {
  readonly directory: string
  /** Called with the index of each order when its row in the read model is committed as `ready`. */
  readonly onReady?: (index: number) => void
  /** With the projection of customers beside that of orders. */
  readonly withCustomers?: boolean
  /** Opens a store in another way than the place does. */
  readonly open?: (options: SqliteStoreOptions) => Promise<Store>
  readonly place?: PipelinePlace
}

/** The system, and the processes that it has beside this one. */
export interface RunningOrders extends RunningSystem {
  readonly parts: Parts
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

/** What is committed is what a query reads from then on: this sees it without asking. */
function watched(store: Store, onReady: (index: number) => void): Store {
  const commit = store.commit.bind(store)
  store.commit = async (batch) => {
    const committed = await commit(batch)
    readyOrders(batch, onReady)
    return committed
  }
  return store
}

/** Of all services, those that run elsewhere asked through their gateways, and sales here. */
function joined(here: RunningSystem, edge: Gateway, parts: Parts): RunningSystem {
  const urls: Readonly<Record<string, string>> = { ...parts.place.urls, sales: edge.url }
  const bus = httpFeedBus({ urls, local: localBus(), clock: systemClock(), ids: systemIds() })
  const { definition } = here
  const remote = remoteSystem({ definition, addresses: (service) => [urls[service] ?? ''], bus })
  const services = new Map([...remote.services, ...here.services])
  return {
    ...remote,
    services,
    service: (name) => services.get(name) ?? here.service(name),
    async stop() {
      await remote.stop()
      await edge.close()
      await here.stop()
    }
  }
}

/** Starts the three services, each on a database of its own, as `skerry run` does. */
export async function startOrders(options: OrdersOptions): Promise<RunningOrders> {
  const { directory, onReady, withCustomers = false, place = embedded } = options
  mkdirSync(directory, { recursive: true })
  const log = pinoLog({ level: place.split ? 'error' : 'warn' })
  const [clock, ids] = [systemClock(), systemIds()]
  const parts = await startParts(place, directory)
  const bus = await openBus(parts.place, log)
  const open = (service: string): Promise<Store> =>
    options.open?.({ service, file: join(directory, `${service}.db`) }) ??
    openStore(place, service, directory)
  const here = await startSystem(
    orderSystem({ withCustomers }),
    {
      openStore: async (service) => {
        const store = await open(service)
        return service === 'sales' && onReady ? watched(store, onReady) : store
      },
      bus,
      clock,
      ids,
      log,
      effects: () => guardedEffects()
    },
    place.split ? { only: ['sales'] } : {}
  )
  if (!place.split) return { ...here, parts }
  const edge = await gateway({ system: here, bus, clock, ids, log, port: parts.ownPort, host: '127.0.0.1' })
  const running = joined(here, edge, parts)
  await parts.ready()
  // Whoever was looked for before it ran is found a moment later.
  await running.idle()
  return { ...running, parts }
}
