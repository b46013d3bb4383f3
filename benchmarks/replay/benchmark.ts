import { cpSync } from 'node:fs'
import { inChild } from '../child.ts'
import type { FillOptions, FillResult } from '../pipeline/fill.ts'
import { middle } from '../pipeline/runs.ts'
import type { Plan } from '../plan.ts'
import type { Outcome } from '../report.ts'
import type { RebuildOptions, RebuildResult } from './rebuild.ts'

const rebuild = (options: RebuildOptions): Promise<RebuildResult> =>
  inChild(new URL('rebuild.ts', import.meta.url), options)
const fill = (options: FillOptions): Promise<FillResult> =>
  inChild(new URL('../pipeline/fill.ts', import.meta.url), options)

/** Two events an order: one of sales, one of another service. */
const eventsPerOrder = 2

async function outcome(plan: Plan, filled: string, projection: string, events: number): Promise<Outcome> {
  const runs: RebuildResult[] = []
  for (let round = 0; round < plan.rounds; round++)
    runs.push(
      await plan.scratch.with((directory) => {
        cpSync(filled, directory, { recursive: true })
        return rebuild({ directory, projection, events })
      })
    )
  const rows = middle(runs, (run) => run.rows)
  return {
    benchmark: 'replay',
    case: `${events} events into ${rows} rows of '${projection}', middle of ${plan.rounds}`,
    figures: {
      events_per_s: middle(runs, (run) => run.eventsPerS),
      cpu_us_per_event: middle(runs, (run) => run.cpuUsPerEvent, 2),
      rss_mb: middle(runs, (run) => run.rssMb),
      correct: runs.every((run) => run.hashEqual)
    },
    goals: { events_per_s: { min: 150_000 } }
  }
}

/** A projection rebuilt while the old one serves: many rows of few events each, and few rows of many events each. */
export async function* replay(plan: Plan): AsyncIterable<Outcome> {
  const events = plan.quick ? 100_000 : 1_000_000
  const filled = plan.scratch.directory()
  await fill({ directory: filled, orders: events / eventsPerOrder })
  yield await outcome(plan, filled, 'customers', events)
  yield await outcome(plan, filled, 'orders', events)
  plan.scratch.drop(filled)
}
