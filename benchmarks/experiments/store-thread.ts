// A worker thread that holds the stores of services and does what it is asked.
import { parentPort } from 'node:worker_threads'
import type { Store } from 'skerry/ports'
import { type SqliteStoreOptions, sqliteStore } from 'skerry/sqlite'
import type { Answer, Ask } from './threaded-store.ts'

const stores = new Map<string, Store>()

async function open(options: SqliteStoreOptions): Promise<Pick<Store, 'guarantees' | 'partitions'>> {
  const store = await sqliteStore(options)
  stores.set(options.service, store)
  return { guarantees: store.guarantees, partitions: store.partitions }
}

function run({ service, method, parameters }: Ask): Promise<unknown> {
  if (method === 'open') return open(parameters[0] as SqliteStoreOptions)
  const store = stores.get(service)
  if (!store) throw new Error(`There is no store of ${service} here.`)
  const call = store[method as keyof Store] as (...given: unknown[]) => Promise<unknown>
  return call.apply(store, [...parameters])
}

parentPort?.on('message', (ask: Ask) => {
  run(ask).then(
    (result) => parentPort?.postMessage({ number: ask.number, result } satisfies Answer),
    (error: unknown) => parentPort?.postMessage({ number: ask.number, error } satisfies Answer)
  )
})
