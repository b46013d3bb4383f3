import type { ConformanceCase } from './conformance-case.ts'
import { storeCheckpointCases } from './store-checkpoint-cases.ts'
import { storeCommitCases } from './store-commit-cases.ts'
import { storeGenerationCases } from './store-generation-cases.ts'
import { storeHistoryCases } from './store-history-cases.ts'
import { storeLifetimeCases } from './store-lifetime-cases.ts'
import { storeLogCases } from './store-log-cases.ts'
import { storeParkedCases } from './store-parked-cases.ts'
import { storeQueryCases } from './store-query-cases.ts'
import { type StoreOpener, StoreStage } from './store-stage.ts'
import { storeTextCases } from './store-text-cases.ts'
import { storeTimerCases } from './store-timer-cases.ts'

/**
 * The cases that a store must pass. Each works on fresh data of its own, which it closes and removes; they may run
 * at the same time as far as the opener allows it. Bind them to any test runner; a case that a store cannot pass is
 * an exception to be named, with a reason, and to be run as a test that must fail.
 */
export function storeConformance(open: StoreOpener): readonly ConformanceCase[] {
  const cases = [
    ...storeCommitCases,
    ...storeLogCases,
    ...storeHistoryCases,
    ...storeCheckpointCases,
    ...storeTimerCases,
    ...storeParkedCases,
    ...storeGenerationCases,
    ...storeQueryCases,
    ...storeTextCases,
    ...storeLifetimeCases
  ]
  return cases.map(([name, run]) => ({
    name,
    async run(): Promise<void> {
      const wanted = { service: 'harbour', partitions: 4 }
      const stage = new StoreStage(wanted.service, wanted.partitions, await open(wanted))
      try {
        await stage.reopen()
        await run(stage)
      } finally {
        await stage.close()
      }
    }
  }))
}
