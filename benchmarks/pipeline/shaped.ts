import type { Plan, Shape } from '../plan.ts'
import { median, rounded } from '../quantile.ts'
import type { Goal, Outcome } from '../report.ts'
import type { ClosedLoopResult } from './closed-loop.ts'
import type { LimitResult } from './limit.ts'
import type { SteadyLimitResult } from './limit-postgres-steady.ts'
import { shapeName } from './place.ts'
import {
  busLimit,
  clients,
  closedLoop,
  correctness,
  limit,
  middle,
  perS,
  postgresLimit,
  postgresSteadyLimit,
  steadyRate
} from './runs.ts'
import { Servers } from './servers.ts'
import type { SteadyRateResult } from './steady-rate.ts'

const group = 50
const lanes = 4

/** Orders a second and the 99th percentile at a steady rate, in milliseconds: what each shape should reach. */
function goalsOf({ store, bus, split, instances }: Shape): {
  readonly perS?: Goal
  readonly ratio?: Goal
  readonly p99?: Goal
} {
  if (instances > 1) return {}
  if (store === 'postgres' && !split) return { perS: { min: 9_000 }, ratio: { min: 0.4 }, p99: { max: 25 } }
  if (split && bus === 'nats') return { perS: { min: 3_000 }, p99: { max: 60 } }
  return {}
}

interface Run {
  readonly result: ClosedLoopResult
  readonly limit: LimitResult
  /** Of the broker, where services are apart and have one. */
  readonly busLimit: LimitResult | undefined
}

/** The limit of the same store, then the pipeline: in turns, so that a machine that slows down slows both down. */
async function turn({ scratch, shape }: Plan, servers: Servers, orders: number, deep: boolean): Promise<Run> {
  const { postgres } = await servers.place()
  const limited = postgres
    ? await postgresLimit({ ...postgres, orders, group, lanes })
    : await scratch.with((directory) => limit({ directory, orders, group }))
  const place = { ...(await servers.place()), ...shape }
  // A bus over HTTP is made of the feeds themselves: there is no client that would do the same without them.
  const busLimited =
    shape.split && shape.bus !== 'http' ? await busLimit({ place, orders, group, lanes }) : undefined
  const warmUp = 2_000
  const result = await scratch.with((directory) =>
    closedLoop({ directory, clients, orders, warmUp, from: 0, deep, place })
  )
  return { result, limit: limited, busLimit: busLimited }
}

function busFigures(runs: readonly Run[]): Outcome['figures'] {
  const limits = runs.flatMap((run) => run.busLimit ?? [])
  if (limits.length === 0) return {}
  const ratios = runs.map(({ result, busLimit: bus }) => result.completedPerS / (bus?.completedPerS ?? 1))
  return {
    bus_limit_per_s: middle(limits, (limited) => limited.completedPerS),
    bus_limit_cpu_us_per_order: middle(limits, (limited) => limited.cpuUsPerOrder, 1),
    bus_ratio: rounded(median(ratios), 2)
  }
}

/** What each service takes, where each has its processes. */
function cpuFigures(runs: readonly Run[]): Outcome['figures'] {
  const services = Object.keys(runs[0]?.result.cpuUsPerOrderOf ?? {}).toSorted()
  return Object.fromEntries(
    services.map((service) => [
      `${service}_cpu_us_per_order`,
      middle(runs, ({ result }) => result.cpuUsPerOrderOf?.[service] ?? 0, 1)
    ])
  )
}

/** What the servers take, each for itself, and all together on the wire. */
function serverFigures(runs: readonly Run[]): Outcome['figures'] {
  const names = Object.keys(runs[0]?.result.servers?.cpuUs ?? {})
  return {
    ...Object.fromEntries(
      names.map((name) => [
        `${name}_cpu_us_per_order`,
        middle(runs, ({ result }) => result.servers?.cpuUs[name] ?? 0, 1)
      ])
    ),
    wire_bytes_per_order: middle(runs, ({ result }) => result.servers?.wireBytes ?? 0)
  }
}

async function closed(plan: Plan, servers: Servers): Promise<Outcome> {
  const { quick, rounds, shape } = plan
  const orders = quick ? 5_000 : 50_000
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) runs.push(await turn(plan, servers, orders, round === 0))
  const goals = goalsOf(shape)
  return {
    benchmark: 'pipeline',
    case: `${shapeName(shape)}: closed loop, ${clients} clients, ${orders} orders, middle of ${rounds}`,
    figures: {
      accepted_per_s: middle(runs, ({ result }) => result.acceptedPerS),
      completed_per_s: middle(runs, ({ result }) => result.completedPerS),
      answer_p50_ms: middle(runs, ({ result }) => result.answerP50Ms, 1),
      p50_ms: middle(runs, ({ result }) => result.p50Ms, 1),
      p99_ms: middle(runs, ({ result }) => result.p99Ms, 1),
      cpu_us_per_order: middle(runs, ({ result }) => result.cpuUsPerOrder, 1),
      ...cpuFigures(runs),
      ...serverFigures(runs),
      limit_per_s: middle(runs, (run) => run.limit.completedPerS),
      ratio: rounded(median(runs.map((run) => run.result.completedPerS / run.limit.completedPerS)), 2),
      ...busFigures(runs),
      ...correctness(runs.map(({ result }) => result))
    },
    goals: {
      ...(goals.perS && { completed_per_s: goals.perS }),
      ...(goals.ratio && { ratio: goals.ratio })
    }
  }
}

async function steady({ scratch, quick, rounds, shape }: Plan, servers: Servers): Promise<Outcome> {
  const orders = perS * (quick ? 5 : 30)
  const warmUp = perS * 5
  const runs: SteadyRateResult[] = []
  const limits: SteadyLimitResult[] = []
  for (let round = 0; round < rounds; round++) {
    const { postgres } = await servers.place()
    if (postgres) limits.push(await postgresSteadyLimit({ ...postgres, perS, orders, warmUp }))
    const place = await servers.place()
    runs.push(await scratch.with((directory) => steadyRate({ directory, perS, orders, warmUp, place })))
  }
  const { p99 } = goalsOf(shape)
  return {
    benchmark: 'pipeline',
    case: `${shapeName(shape)}: steady, ${perS} orders/s, ${orders} orders, middle of ${rounds}`,
    figures: {
      completed_per_s: middle(runs, (run) => run.completedPerS),
      p50_ms: middle(runs, (run) => run.p50Ms, 2),
      p99_ms: middle(runs, (run) => run.p99Ms, 2),
      max_ms: middle(runs, (run) => run.maxMs, 1),
      ...(limits.length > 0 && {
        limit_p50_ms: middle(limits, (run) => run.p50Ms, 2),
        limit_p99_ms: middle(limits, (run) => run.p99Ms, 2)
      }),
      ...correctness(runs)
    },
    goals: { ...(p99 && { p99_ms: p99 }) }
  }
}

/** The pipeline in another shape than one process on SQLite, on servers that are started for it. */
export async function* shaped(plan: Plan): AsyncIterable<Outcome> {
  const servers = await Servers.start(plan.shape)
  try {
    yield await closed(plan, servers)
    yield await steady(plan, servers)
  } finally {
    await servers.remove()
  }
}
