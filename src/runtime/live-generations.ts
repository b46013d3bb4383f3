import { toFailure } from '../core/index.ts'
import type { Store } from '../ports/index.ts'

/**
 * Which generation of each projection serves. Here it changes only between two turns; another instance may swap at any
 * time, and then the rows of the former one are gone.
 */
export class LiveGenerations {
  readonly #store: Store
  readonly #live = new Map<string, number>()

  constructor(store: Store) {
    this.#store = store
  }

  of(projection: string): number {
    return this.#live.get(projection) ?? 1
  }

  set(projection: string, generation: number): void {
    this.#live.set(projection, generation)
  }

  /** Looks which one serves now; gives whether that is another than was known. */
  async refresh(projection: string): Promise<boolean> {
    const generations = await this.#store.generations(projection)
    const live = generations.find((one) => one.status === 'live')?.generation
    if (live === undefined || live === this.of(projection)) return false
    this.set(projection, live)
    return true
  }

  /** Reads from the generation that serves; once more from the next one, when another instance has swapped. */
  async read<Result>(projection: string, task: (generation: number) => Promise<Result>): Promise<Result> {
    try {
      return await task(this.of(projection))
    } catch (thrown) {
      const isGone = toFailure(thrown).code === 'UNIT_UNKNOWN'
      if (!isGone || !this.#store.leases || !(await this.refresh(projection))) throw thrown
      return task(this.of(projection))
    }
  }
}
