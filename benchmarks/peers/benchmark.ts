import { inChild } from '../child.ts'
import { clients, correctness, middle, perS } from '../pipeline/runs.ts'
import type { Plan } from '../plan.ts'
import { median, rounded } from '../quantile.ts'
import type { Outcome } from '../report.ts'
import type { PeerFailure, PeerOptions, PeerResult } from './peer.ts'
import { installPeers, type PeerProgram, programs, versionOf } from './programs.ts'
import { PeerServers } from './servers.ts'
import { type Row, writeRows } from './table.ts'

const benchmark = 'peers'

/** A program by its name and, if it is another's, its version. */
function titled(program: PeerProgram): string {
  return [program.name, versionOf(program)].filter((part) => part !== undefined).join(' ')
}

async function once(
  { scratch, quick }: Plan,
  servers: PeerServers,
  program: PeerProgram,
  orders: number
): Promise<PeerResult> {
  const given = await servers.give(program.name, program.engine)
  try {
    const result = await scratch.with((directory) => {
      const options: PeerOptions = {
        directory,
        ...given.options,
        clients,
        warmUp: Math.min(1_000, orders),
        orders,
        placingMaxMs: 15_000,
        perS,
        steadyS: quick ? 4 : 10
      }
      return inChild<PeerResult | PeerFailure>(new URL(`${program.name}.ts`, import.meta.url), options)
    })
    if ('failed' in result) throw new Error(result.failed)
    return result
  } finally {
    await given.remove()
  }
}

function figuresOf(
  program: PeerProgram,
  runs: readonly PeerResult[],
  base: readonly PeerResult[]
): Outcome['figures'] {
  const completed = (run: PeerResult): number => run.completedPerS
  return {
    durable: program.durable,
    orders: middle(runs, (run) => run.orders),
    accepted_per_s: middle(runs, (run) => run.acceptedPerS),
    completed_per_s: middle(runs, completed),
    ...(base.length > 0 && {
      skerry_completes_times: rounded(median(base.map(completed)) / median(runs.map(completed)), 2)
    }),
    p50_ms: middle(runs, (run) => run.p50Ms, 1),
    p99_ms: middle(runs, (run) => run.p99Ms, 1),
    cpu_us_per_order: middle(runs, (run) => run.cpuUsPerOrder),
    servers_cpu_us_per_order: middle(runs, (run) => run.serversUsPerOrder),
    rss_mb: middle(runs, (run) => run.rssMb),
    ...correctness(runs)
  }
}

function chosen(only: string | undefined): readonly PeerProgram[] {
  const names = only?.split(',')
  const unknown = names?.filter((name) => !programs.some((program) => program.name === name)) ?? []
  if (unknown.length > 0)
    throw new Error(`There is no ${unknown.join()}: ${programs.map(({ name }) => name).join(', ')}.`)
  return programs.filter(({ name }) => names === undefined || name === 'skerry' || names.includes(name))
}

/**
 * The pipeline in other systems, one after the other in one run with Skerry, each as its own documentation would have
 * it, durable, in one process, on the same PostgreSQL where it uses one. A system that cannot be run is an outcome too.
 */
export async function* peers(plan: Plan): AsyncIterable<Outcome> {
  const { quick, rounds, orders = quick ? 1_000 : 10_000 } = plan
  const selected = chosen(plan.only)
  await installPeers()
  const servers = await PeerServers.start()
  const rows: Row[] = []
  let base: readonly PeerResult[] = []
  try {
    for (const program of selected) {
      const runs: PeerResult[] = []
      let failed: string | undefined
      for (let round = 0; round < rounds && failed === undefined; round++)
        try {
          runs.push(await once(plan, servers, program, orders))
        } catch (error) {
          failed = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')
        }
      if (program.name === 'skerry') base = runs
      const figures =
        failed === undefined
          ? figuresOf(program, runs, base)
          : { durable: program.durable, 'NOT MEASURED': failed, correct: false }
      const title = titled(program)
      rows.push({ title, figures })
      yield { benchmark, case: `${title}: ${orders} orders, then ${perS}/s, middle of ${rounds}`, figures }
    }
  } finally {
    await servers.remove()
  }
  if (plan.write) writeRows(rows)
  yield {
    benchmark,
    case: 'completed per second, and how many times as many Skerry completes',
    figures: closing(rows)
  }
}

function closing(rows: readonly Row[]): Outcome['figures'] {
  return Object.fromEntries(
    rows.map(({ title, figures }) => [
      title,
      'NOT MEASURED' in figures
        ? `NOT MEASURED: ${figures['NOT MEASURED']}`
        : [
            `${Number(figures['completed_per_s']).toLocaleString('en')}/s`,
            ...('skerry_completes_times' in figures ? [`${figures['skerry_completes_times']} times`] : []),
            `p99 ${figures['p99_ms']} ms`,
            figures['correct'] === true ? 'correct' : 'WRONG'
          ].join(', ')
    ])
  )
}
