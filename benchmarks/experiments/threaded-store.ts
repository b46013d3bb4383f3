import { Worker } from 'node:worker_threads'
import type { Store } from 'skerry/ports'
import type { SqliteStoreOptions } from 'skerry/sqlite'

/** What is asked of a store in another thread. */
export interface Ask {
  readonly number: number
  readonly service: string
  readonly method: string
  readonly parameters: readonly unknown[]
}

/** What came of it. */
export interface Answer {
  readonly number: number
  readonly result?: unknown
  readonly error?: unknown
}

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** A thread for stores: engines stay where they are, and only what is to be written or read changes threads. */
export class StoreThread {
  readonly #worker = new Worker(new URL('store-thread.ts', import.meta.url))
  readonly #waiting = new Map<number, Waiting>()
  #number = 0

  constructor() {
    this.#worker.on('message', ({ number, result, error }: Answer) => {
      const waiting = this.#waiting.get(number)
      this.#waiting.delete(number)
      if (error === undefined) waiting?.resolve(result as never)
      else waiting?.reject(error)
    })
  }

  ask<Result>(service: string, method: string, parameters: readonly unknown[]): Promise<Result> {
    this.#number += 1
    const number = this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      this.#worker.postMessage({ number, service, method, parameters } satisfies Ask)
    })
  }

  async open(options: SqliteStoreOptions): Promise<Store> {
    const { service } = options
    const known = await this.ask<Pick<Store, 'guarantees' | 'partitions'>>(service, 'open', [options])
    const asked = new Proxy({} as Store, {
      get: (own, name) => {
        if (Object.hasOwn(own, name)) return Reflect.get(own, name)
        if (name === 'then') return undefined
        return (...parameters: readonly unknown[]) => this.ask(service, String(name), parameters)
      }
    })
    return Object.assign(asked, known, { service })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
