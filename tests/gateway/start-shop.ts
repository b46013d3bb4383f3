import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { type Gateway, type GatewayOptions, gateway } from '../../src/gateway/index.ts'
import type { LogFields, Store } from '../../src/ports/index.ts'
import { type Limits, type RunningSystem, startSystem } from '../../src/runtime/index.ts'
import { shop } from './shop.ts'

/** What a test may change of the shop it starts. */
export interface ShopOptions {
  readonly gateway?: Partial<GatewayOptions>
  readonly limits?: Partial<Limits>
  /** Wraps the store of each service, to make it fail. */
  readonly store?: (store: Store) => Store
}

/** A shop that runs on databases of its own behind a gateway on a free port. */
export interface StartedShop extends Gateway {
  readonly system: RunningSystem
  /** What was logged as an error. */
  readonly errors: readonly LogFields[]
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Places an order and gives its position. */
  place(orderId: string, change?: Readonly<Record<string, unknown>>): Promise<string>
}

export const sampleOrder = { customer: 'ann', lines: [{ sku: '22423', quantity: 2, pence: 1295 }] }

/** Starts a shop for one test; it is stopped and its files are removed when the test is over. */
export async function startShop(options: ShopOptions = {}): Promise<StartedShop> {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-gateway-'))
  const errors: LogFields[] = []
  const quiet = (): void => {}
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: string, fields: LogFields = {}) => errors.push(fields)
  }
  const bus = localBus()
  const clock = systemClock()
  const ids = systemIds()
  const system = await startSystem(shop, {
    openStore: async (service) => {
      const store = await sqliteStore({ service, file: join(directory, `${service}.db`) })
      return options.store?.(store) ?? store
    },
    bus,
    clock,
    ids,
    log,
    effects: () => guardedEffects(),
    limits: { retryBaseMs: 1, retryMaxMs: 4, ...options.limits }
  })
  let opened: Gateway | undefined
  onTestFinished(async () => {
    await opened?.close()
    await system.stop()
    rmSync(directory, { recursive: true })
  })
  opened = await gateway({ system, bus, clock, ids, log, port: 0, ...options.gateway })
  const { url } = opened
  const post: StartedShop['post'] = (path, body, headers = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
  return {
    ...opened,
    system,
    errors,
    post,
    get: (path, headers = {}) => fetch(url + path, { headers }),
    place: async (orderId, change = {}) => {
      const answer = await post(`/sales/order/${encodeURIComponent(orderId)}/PlaceOrder`, {
        ...sampleOrder,
        ...change
      })
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      return ((await answer.json()) as { position: string }).position
    }
  }
}
