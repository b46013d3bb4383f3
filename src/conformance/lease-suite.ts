import type { ConformanceCase } from './conformance-case.ts'
import { leaseCases } from './lease-cases.ts'
import { LeaseStage } from './lease-stage.ts'
import type { StoreOpener } from './store-stage.ts'

/**
 * The cases that a store with `leases` must pass beside those of all stores. Each works on fresh data of its own, on
 * which it opens two stores at once.
 */
export function leaseConformance(open: StoreOpener): readonly ConformanceCase[] {
  return leaseCases.map(([name, run]) => ({
    name,
    async run(): Promise<void> {
      const stage = await LeaseStage.open(await open({ service: 'harbour', partitions: 4 }))
      try {
        await run(stage)
      } finally {
        await stage.close()
      }
    }
  }))
}
