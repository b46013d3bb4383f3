import { inChild } from '../child.ts'
import { median, rounded } from '../quantile.ts'
import type { Outcome } from '../report.ts'
import type { ClosedLoopOptions, ClosedLoopResult } from './closed-loop.ts'
import type { LimitOptions, LimitResult } from './limit.ts'
import type { BusLimitOptions } from './limit-bus.ts'
import type { PostgresLimitOptions } from './limit-postgres.ts'
import type { PostgresSteadyLimitOptions, SteadyLimitResult } from './limit-postgres-steady.ts'
import type { SteadyRateOptions, SteadyRateResult } from './steady-rate.ts'

/** Who send their next order when the last is answered. */
export const clients = 256
/** Orders a second at a steady rate. */
export const perS = 200

export const closedLoop = (options: ClosedLoopOptions): Promise<ClosedLoopResult> =>
  inChild(new URL('closed-loop.ts', import.meta.url), options)
export const steadyRate = (options: SteadyRateOptions): Promise<SteadyRateResult> =>
  inChild(new URL('steady-rate.ts', import.meta.url), options)
export const limit = (options: LimitOptions): Promise<LimitResult> =>
  inChild(new URL('limit.ts', import.meta.url), options)

export const postgresLimit = (options: PostgresLimitOptions): Promise<LimitResult> =>
  inChild(new URL('limit-postgres.ts', import.meta.url), options)

export const postgresSteadyLimit = (options: PostgresSteadyLimitOptions): Promise<SteadyLimitResult> =>
  inChild(new URL('limit-postgres-steady.ts', import.meta.url), options)

export const busLimit = (options: BusLimitOptions): Promise<LimitResult> =>
  inChild(new URL('limit-bus.ts', import.meta.url), options)

/** The middle of one figure of several runs. */
export function middle<Run>(runs: readonly Run[], figure: (run: Run) => number, digits = 0): number {
  return rounded(median(runs.map(figure)), digits)
}

/** Whether all runs were right, and what was not. */
export function correctness(runs: readonly { readonly problems: readonly string[] }[]): Outcome['figures'] {
  const problems = runs.flatMap((run) => run.problems)
  return problems.length === 0
    ? { correct: true }
    : { correct: false, wrong: problems.slice(0, 5).join('; ') }
}
