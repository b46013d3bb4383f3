import type { ConformanceCase } from './conformance-case.ts'
import { retentionArchiveCases } from './retention-archive-cases.ts'
import { retentionHoldCases } from './retention-hold-cases.ts'
import { retentionRangeCases } from './retention-range-cases.ts'
import { retentionRestoreCases } from './retention-restore-cases.ts'
import { RetentionStage, type TextHash } from './retention-stage.ts'
import { retentionSubscriberCases } from './retention-subscriber-cases.ts'
import type { StoreOpener } from './store-stage.ts'

/**
 * The cases that a store with `retention` must pass beside those of all stores. Each works on fresh data of its own,
 * which it closes and removes. The opener gives ranges of few positions, such as ten, since a case fills several.
 */
export function retentionConformance(open: StoreOpener, sha256: TextHash): readonly ConformanceCase[] {
  const cases = [
    ...retentionSubscriberCases,
    ...retentionRangeCases,
    ...retentionHoldCases,
    ...retentionArchiveCases,
    ...retentionRestoreCases
  ]
  return cases.map(([name, run]) => ({
    name,
    async run(): Promise<void> {
      const stage = new RetentionStage(await open({ service: 'harbour', partitions: 4 }), sha256)
      try {
        await stage.reopen()
        await run(stage)
      } finally {
        await stage.close()
      }
    }
  }))
}
