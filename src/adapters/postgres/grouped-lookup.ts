/** Somebody who waits for what is found by a key. */
interface Waiting<Found> {
  readonly key: string
  resolve(found: Found | undefined): void
  reject(thrown: unknown): void
}

/**
 * Looks up many keys by one query: those asked for in one turn of the event loop, or while the query before is under
 * way. Each command with an idempotency key asks for one, and a round trip for each would be most of its cost.
 */
export class GroupedLookup<Found> {
  readonly #find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>
  readonly #keysMax: number
  #waiting: Waiting<Found>[] = []
  #running = false

  constructor(find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>, keysMax: number) {
    this.#find = find
    this.#keysMax = keysMax
  }

  /** What a key leads to, as it was committed when or after this was called. */
  get(key: string): Promise<Found | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#running) return
      this.#running = true
      setImmediate(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#keysMax)
      try {
        const found = await this.#find([...new Set(group.map(({ key }) => key))])
        for (const { key, resolve } of group) resolve(found.get(key))
      } catch (thrown) {
        for (const { reject } of group) reject(thrown)
      }
    }
    this.#running = false
  }
}
