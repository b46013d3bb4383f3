import type { Store } from '../ports/index.ts'
import { claim } from './conformance-case.ts'
import type { StoreData } from './store-stage.ts'

/** So often a condition is looked at before it counts as broken; each look asks the store. */
const looksMax = 20_000

/** What a case works on: stores of several instances, open at once on the same data. */
export class LeaseStage {
  readonly stores: readonly [Store, Store]
  readonly #data: StoreData

  private constructor(data: StoreData, stores: readonly [Store, Store]) {
    this.#data = data
    this.stores = stores
  }

  static async open(data: StoreData): Promise<LeaseStage> {
    return new LeaseStage(data, [await data.open(), await data.open()])
  }

  /** Looks until a condition holds. */
  readonly until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    for (let looks = 0; !(await look()); looks++) claim(looks < looksMax, `waited in vain: ${what}`)
  }

  async close(): Promise<void> {
    for (const store of this.stores) await store.close()
    await this.#data.remove()
  }
}
