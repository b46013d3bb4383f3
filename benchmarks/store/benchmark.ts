import { inChild } from '../child.ts'
import { middle } from '../pipeline/runs.ts'
import type { Plan } from '../plan.ts'
import type { Outcome } from '../report.ts'
import type { CommitsOptions, CommitsResult } from './commits.ts'

type Case = Pick<CommitsOptions, 'group' | 'keys'>

/** A group of 50 is what the limit of the pipeline has; 250 what 256 clients lead to. */
const cases: readonly Case[] = [
  { group: 50, keys: 'in order' },
  { group: 250, keys: 'in order' },
  { group: 50, keys: 'random' }
]

const commits = (options: CommitsOptions): Promise<CommitsResult> =>
  inChild(new URL('commits.ts', import.meta.url), options)

async function outcome({ scratch, quick, rounds }: Plan, { group, keys }: Case): Promise<Outcome> {
  const orders = quick ? 20_000 : 100_000
  const runs: CommitsResult[] = []
  for (let round = 0; round < rounds; round++)
    runs.push(await scratch.with((directory) => commits({ directory, orders, group, keys })))
  return {
    benchmark: 'store',
    case: `${orders} orders in groups of ${group}, keys ${keys}, middle of ${rounds}`,
    figures: {
      orders_per_s: middle(runs, (run) => run.ordersPerS),
      log_rows_per_s: 4 * middle(runs, (run) => run.ordersPerS),
      cpu_us_per_order: middle(runs, (run) => run.cpuUsPerOrder, 1),
      written_bytes_per_order: middle(runs, (run) => run.writtenPerOrder),
      commit_p50_ms: middle(runs, (run) => run.commitP50Ms, 2),
      commit_p99_ms: middle(runs, (run) => run.commitP99Ms, 2),
      rss_mb: middle(runs, (run) => run.rssMb),
      correct: runs.every((run) => run.correct)
    }
  }
}

/** What the stores alone take of the rows of the pipeline: 4 log rows, 4 states and 2 projection rows an order. */
export async function* store(plan: Plan): AsyncIterable<Outcome> {
  for (const each of cases) yield await outcome(plan, each)
}
