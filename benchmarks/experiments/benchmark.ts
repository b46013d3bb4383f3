import { inChild } from '../child.ts'
import type { ClosedLoopOptions, ClosedLoopResult } from '../pipeline/closed-loop.ts'
import { middle } from '../pipeline/runs.ts'
import type { Plan } from '../plan.ts'
import type { Outcome } from '../report.ts'

const closedLoop = new URL('../pipeline/closed-loop.ts', import.meta.url)
const serviceThreads = new URL('service-threads.ts', import.meta.url)

/** A way to spread the work over threads. */
interface Layout {
  readonly name: string
  readonly program: URL
  readonly stores: NonNullable<ClosedLoopOptions['stores']>
  readonly runs: ClosedLoopResult[]
}

/** The closed loop of the pipeline with its work in one thread, as it is, or spread over several. */
export async function* threads({ scratch, quick, rounds }: Plan): AsyncIterable<Outcome> {
  const orders = quick ? 20_000 : 100_000
  const layouts: readonly Layout[] = [
    { name: 'one thread', program: closedLoop, stores: 'here', runs: [] },
    { name: 'the stores in one other thread', program: closedLoop, stores: 'in-a-thread', runs: [] },
    { name: 'a thread for each store', program: closedLoop, stores: 'in-threads', runs: [] },
    { name: 'a thread for each service', program: serviceThreads, stores: 'here', runs: [] }
  ]
  for (let round = 0; round < rounds; round++)
    for (const { program, stores, runs } of layouts)
      runs.push(
        await scratch.with((directory) => {
          const options = { directory, clients: 256, orders, warmUp: 5_000, from: 0, deep: false, stores }
          return inChild<ClosedLoopResult>(program, options satisfies ClosedLoopOptions)
        })
      )
  for (const { name, runs } of layouts)
    yield {
      benchmark: 'threads',
      case: `${name}, 256 clients, ${orders} orders, middle of ${rounds}`,
      figures: {
        completed_per_s: middle(runs, (run) => run.completedPerS),
        answer_p50_ms: middle(runs, (run) => run.answerP50Ms, 1),
        p50_ms: middle(runs, (run) => run.p50Ms, 1),
        p99_ms: middle(runs, (run) => run.p99Ms, 1),
        cpu_us_per_order: middle(runs, (run) => run.cpuUsPerOrder, 1),
        rss_mb: middle(runs, (run) => run.rssMb),
        correct: runs.every((run) => run.problems.length === 0)
      }
    }
}
