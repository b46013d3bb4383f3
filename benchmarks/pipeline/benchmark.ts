import type { Plan } from '../plan.ts'
import { median, rounded } from '../quantile.ts'
import type { Outcome } from '../report.ts'
import type { ClosedLoopResult } from './closed-loop.ts'
import type { LimitResult } from './limit.ts'
import { clients, closedLoop, correctness, limit, middle, perS, steadyRate } from './runs.ts'
import { shaped } from './shaped.ts'
import type { SteadyRateResult } from './steady-rate.ts'

/** A short run whose figures nobody wants: it leaves compiled code behind, as every start but the very first finds it. */
async function compile({ scratch }: Plan): Promise<void> {
  const options = { clients, orders: 1_000, warmUp: 0, from: 0, deep: false }
  await scratch.with((directory) => closedLoop({ directory, ...options }))
}

async function closedOutcome({ scratch, quick, rounds }: Plan): Promise<Outcome> {
  const orders = quick ? 20_000 : 100_000
  const runs: ClosedLoopResult[] = []
  const limits: LimitResult[] = []
  for (let round = 0; round < rounds; round++) {
    // In turns, so that a machine that slows down slows both down.
    limits.push(await scratch.with((directory) => limit({ directory, orders, group: 50 })))
    runs.push(
      await scratch.with((directory) =>
        closedLoop({ directory, clients, orders, warmUp: 5_000, from: 0, deep: round === 0 })
      )
    )
  }
  return {
    benchmark: 'pipeline',
    case: `closed loop, ${clients} clients, ${orders} orders, middle of ${rounds}`,
    figures: {
      accepted_per_s: middle(runs, (run) => run.acceptedPerS),
      completed_per_s: middle(runs, (run) => run.completedPerS),
      answer_p50_ms: middle(runs, (run) => run.answerP50Ms, 1),
      p50_ms: middle(runs, (run) => run.p50Ms, 1),
      p99_ms: middle(runs, (run) => run.p99Ms, 1),
      cpu_us_per_order: middle(runs, (run) => run.cpuUsPerOrder, 1),
      limit_per_s: middle(limits, (run) => run.completedPerS),
      limit_cpu_us_per_order: middle(limits, (run) => run.cpuUsPerOrder, 1),
      ratio: rounded(
        median(runs.map((run, index) => run.completedPerS / (limits[index]?.completedPerS ?? 1))),
        2
      ),
      rss_mb: middle(runs, (run) => run.rssMb),
      ...correctness(runs)
    },
    goals: { completed_per_s: { min: 15_000 }, ratio: { min: 0.5 }, rss_mb: { max: 250 } }
  }
}

async function steadyOutcome({ scratch, quick, rounds }: Plan): Promise<Outcome> {
  const orders = perS * (quick ? 5 : 30)
  const runs: SteadyRateResult[] = []
  for (let round = 0; round < rounds; round++)
    runs.push(await scratch.with((directory) => steadyRate({ directory, perS, orders, warmUp: perS * 5 })))
  return {
    benchmark: 'pipeline',
    case: `steady, ${perS} orders/s, ${orders} orders, middle of ${rounds}`,
    figures: {
      completed_per_s: middle(runs, (run) => run.completedPerS),
      p50_ms: middle(runs, (run) => run.p50Ms, 2),
      p99_ms: middle(runs, (run) => run.p99Ms, 2),
      max_ms: middle(runs, (run) => run.maxMs, 1),
      rss_mb: middle(runs, (run) => run.rssMb),
      ...correctness(runs)
    },
    goals: { p50_ms: { max: 5 }, p99_ms: { max: 20 }, rss_mb: { max: 250 } }
  }
}

/** The way of an order through three services: as many as 256 clients can send, and at a steady rate. */
export async function* pipeline(plan: Plan): AsyncIterable<Outcome> {
  const { store, bus, split } = plan.shape
  if (store !== 'sqlite' || bus !== 'http' || split) {
    yield* shaped(plan)
    return
  }
  await compile(plan)
  yield await closedOutcome(plan)
  yield await steadyOutcome(plan)
}
