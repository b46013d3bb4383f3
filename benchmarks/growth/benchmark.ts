import { closeSync, cpSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inChild } from '../child.ts'
import type { ClosedLoopOptions, ClosedLoopResult } from '../pipeline/closed-loop.ts'
import type { FillOptions, FillResult } from '../pipeline/fill.ts'
import { middle } from '../pipeline/runs.ts'
import type { Plan } from '../plan.ts'
import { median, rounded } from '../quantile.ts'
import type { Outcome } from '../report.ts'

const closedLoop = (options: ClosedLoopOptions): Promise<ClosedLoopResult> =>
  inChild(new URL('../pipeline/closed-loop.ts', import.meta.url), options)
const fill = (options: FillOptions): Promise<FillResult> =>
  inChild(new URL('../pipeline/fill.ts', import.meta.url), options)

/** Rows of the three logs for one order. */
const eventsPerOrder = 4

/** Databases of one size. */
interface Size {
  readonly name: string
  readonly filled: string
  readonly orders: number
  readonly runs: ClosedLoopResult[]
}

async function size(plan: Plan, name: string, events: number): Promise<Size> {
  const filled = plan.scratch.directory()
  const orders = events / eventsPerOrder
  await fill({ directory: filled, orders })
  return { name, filled, orders, runs: [] }
}

/** A copy that is on the disk: what were still to be written would hold up the orders that are measured. */
function copy(filled: string, directory: string): void {
  cpSync(filled, directory, { recursive: true })
  for (const name of readdirSync(directory)) {
    const file = openSync(join(directory, name), 'r')
    fsyncSync(file)
    closeSync(file)
  }
}

/** Every second time from the other end. */
function turn(sizes: readonly Size[], round: number): readonly Size[] {
  return round % 2 === 0 ? sizes : sizes.toReversed()
}

/** The pipeline on logs of different sizes. */
export async function* growth(plan: Plan): AsyncIterable<Outcome> {
  const { scratch, quick, rounds } = plan
  const small = await size(plan, '10k', 10_000)
  const middling = await size(plan, quick ? '100k' : '1m', quick ? 100_000 : 1_000_000)
  const large = await size(plan, quick ? '1m' : '10m', quick ? 1_000_000 : 10_000_000)
  const orders = quick ? 10_000 : 30_000
  // In turns and from the same files each time, so that neither a machine that slows down nor what came before counts.
  for (let round = 0; round < rounds; round++)
    for (const { filled, orders: from, runs } of turn([small, middling, large], round))
      runs.push(
        await scratch.with((directory) => {
          copy(filled, directory)
          return closedLoop({ directory, clients: 256, orders, warmUp: 5_000, from, deep: false })
        })
      )
  for (const { filled } of [small, middling, large]) scratch.drop(filled)
  const ratio = (of: (run: ClosedLoopResult) => number): number =>
    rounded(median(large.runs.map((run, index) => of(run) / of(small.runs[index] ?? run))), 2)
  yield {
    benchmark: 'growth',
    case: `events in the logs, ${orders} orders on top, middle of ${rounds}`,
    figures: {
      ...Object.fromEntries(
        [small, middling, large].map(({ name, runs }) => [
          `completed_per_s_${name}`,
          middle(runs, (run) => run.completedPerS)
        ])
      ),
      ratio: ratio((run) => run.completedPerS),
      cpu_ratio: ratio((run) => run.cpuUsPerOrder),
      rss_mb: middle(large.runs, (run) => run.rssMb),
      correct: [small, middling, large].every(({ runs }) => runs.every((run) => run.problems.length === 0))
    },
    goals: { ratio: { min: 0.9 } }
  }
}
