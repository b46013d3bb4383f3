import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Gateway, gateway, remoteSystem } from 'skerry/gateway'
import { httpFeedBus } from 'skerry/http-feed'
import { localBus } from 'skerry/local'
import { guardedEffects, pinoLog, systemClock, systemIds } from 'skerry/node'
import type { Store } from 'skerry/ports'
import { type RunningService, type RunningSystem, startSystem } from 'skerry/runtime'
import type { SqliteStoreOptions } from 'skerry/sqlite'
import { orderSystem } from './orders.ts'
import { hearOthers } from './other-instances.ts'
import { type Parts, startParts } from './parts.ts'
import { embedded, openBus, openStore, type PipelinePlace } from './place.ts'
import { watched } from './ready-orders.ts'
import { customerId, orderKey, orderLines } from './workload.ts'

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
  /** Sends an order to the instances of sales in turn; fails when it is not accepted. */
  placeOrder(index: number): Promise<void>
}

type Sales = Pick<RunningService, 'send'>

/** Sends orders to whose turn it is. */
function placedAt(sales: readonly Sales[]): RunningOrders['placeOrder'] {
  return async (index) => {
    const data = { customerId: customerId(index), lines: orderLines(index) }
    const request = { type: 'PlaceOrder', key: orderKey(index), data }
    const answer = await sales[index % sales.length]?.send(request)
    if (answer?.outcome !== 'accepted') throw new Error(`Order ${index} was ${answer?.outcome}.`)
  }
}

/** What asks the gateways of other processes. */
function asked(
  definition: RunningSystem['definition'],
  urls: Readonly<Record<string, readonly string[]>>
): RunningSystem {
  const addresses = (service: string): readonly string[] => urls[service] ?? []
  const bus = httpFeedBus({ urls: addresses, local: localBus(), clock: systemClock(), ids: systemIds() })
  return remoteSystem({ definition, addresses, bus, clock: systemClock() })
}

/** Of all services, those that run elsewhere asked through their gateways, and sales here. */
function joined(
  here: RunningSystem,
  edge: Gateway,
  parts: Parts
): RunningSystem & Pick<RunningOrders, 'placeOrder'> {
  const urls = { ...parts.place.urls, sales: [edge.url, ...parts.sales] }
  const remote = asked(here.definition, urls)
  const others = parts.sales.map((url) => asked(here.definition, { ...urls, sales: [url] }))
  const services = new Map([...remote.services, ...here.services])
  return {
    ...remote,
    services,
    service: (name) => services.get(name) ?? here.service(name),
    placeOrder: placedAt([here, ...others].map((each) => each.service('sales'))),
    async stop() {
      await Promise.all([remote, ...others].map((each) => each.stop()))
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
  const parts = await startParts(place, directory, (index) => onReady?.(index))
  const own = place.split ? ['sales'] : ['sales', 'billing', 'fulfilment']
  const bus = await openBus(parts.place, own, log)
  const open = (service: string): Promise<Store> =>
    options.open?.({ service, file: join(directory, `${service}.db`) }) ??
    openStore(place, service, directory)
  const here = await startSystem(
    orderSystem({ withCustomers }),
    {
      openStore: async (service) => {
        const store = await open(service)
        return service === 'sales' && onReady ? watched(store, (ready) => ready.forEach(onReady)) : store
      },
      bus,
      clock,
      ids,
      log,
      effects: () => guardedEffects()
    },
    place.split ? { only: own, instance: { url: `http://127.0.0.1:${parts.ownPort}` } } : {}
  )
  if (!place.split) return { ...here, parts, placeOrder: placedAt([here.service('sales')]) }
  const endHearing = await hearOthers(here, place, own)
  const edge = await gateway({ system: here, bus, clock, ids, log, port: parts.ownPort, host: '127.0.0.1' })
  const running = joined(here, edge, parts)
  await parts.ready()
  // Whoever was looked for before it ran is found a moment later.
  await running.idle()
  return { ...running, parts, stop: () => running.stop().then(endHearing) }
}
