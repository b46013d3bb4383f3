// A program: runs the seeds that it is sent, one after the other, and says what came of each.
import {
  forbidGlobals,
  runTrial,
  type Simulation,
  summaryOf,
  type TrialKind,
  type TrialSummary
} from '../simulator/index.ts'
import { reasonOf } from './load-config.ts'
import { loadSimulation, type SimulationPlace } from './load-simulation.ts'

/** What a worker is asked: first where the simulation is, then seeds. */
export type WorkerRequest =
  | {
      readonly place: SimulationPlace
      readonly kind: TrialKind | undefined
    }
  | { readonly seeds: readonly number[] }

/** What it answers. */
export type WorkerReply =
  | { readonly ready: true }
  | { readonly summaries: readonly TrialSummary[] }
  | { readonly problem: string }

const reply = (said: WorkerReply): void => {
  process.send?.(said)
}

let simulation: Simulation | undefined
let kind: TrialKind | undefined
let seed: number | undefined

async function answer(request: WorkerRequest): Promise<void> {
  if ('place' in request) {
    // Before the user's code is loaded, so that it cannot keep what it must not use.
    forbidGlobals()
    simulation = await loadSimulation(request.place)
    kind = request.kind
    reply({ ready: true })
    return
  }
  if (!simulation) return
  const summaries: TrialSummary[] = []
  for (seed of request.seeds)
    summaries.push(summaryOf(await runTrial(simulation, { seed, ...(kind && { kind }) })))
  reply({ summaries })
}

// Ctrl-C reaches every process of a terminal; the one that sends the seeds decides when there are no more.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
// Whatever the user's code left open must not keep a process that has done its work, or whose parent is gone.
process.on('disconnect', () => process.exit())
process.on('message', (request: WorkerRequest) => {
  answer(request).catch((thrown: unknown) => {
    reply({ problem: `${seed === undefined ? '' : `Seed ${seed}: `}${reasonOf(thrown)}` })
  })
})
