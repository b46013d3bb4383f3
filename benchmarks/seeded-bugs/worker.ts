// A program: runs trials of samples and mutants as it is asked to, one request after the other.
import { runTrial, type Simulation, shrink, type Trial, type TrialKind } from 'skerry/simulator'
import { loadSample } from './load-sample.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

/** What is to be run: a sample, or a mutant of it. */
export interface Subject {
  readonly sample: string
  /** The name of the mutant; without it, the sample as it is. */
  readonly mutant?: string | undefined
  /** Without the invariants of the sample: only what the simulator knows by itself is checked. */
  readonly bare?: boolean
}

/** What a worker is asked: to try seeds one after the other until one finds something, or to shrink a finding. */
export type WorkRequest =
  | (Subject & { readonly task: 'try'; readonly seeds: readonly number[] })
  | (Subject & { readonly task: 'shrink'; readonly seed: number })

/** What a trial has found. */
export interface Found {
  readonly seed: number
  readonly kind: TrialKind
  readonly oracle: string
  readonly text: string
  readonly commands: number
  readonly faults: number
  /** Of a finding that was shrunk: whether the correct sample goes wrong in the same small trial. It should not. */
  readonly isOfSample?: boolean
}

/** What a worker answers: the first finding, if there is any; or that it could not do it. */
export type WorkAnswer = { readonly found: Found | undefined } | { readonly problem: string }

let current: { readonly name: string; readonly simulation: Simulation } | undefined

/** The simulation of a subject, the same one for as long as nothing else is asked for. */
async function simulationOf(subject: Subject): Promise<Simulation> {
  const { sample, mutant, bare = false } = subject
  const name = JSON.stringify([sample, mutant, bare])
  if (current?.name === name) return current.simulation
  const loaded = await loadSample(sample, mutantNamed(mutant))
  const simulation = bare ? { ...loaded, invariants: [] } : loaded
  current = { name, simulation }
  return simulation
}

function mutantNamed(name: string | undefined): Mutant | undefined {
  return mutants.find((one) => one.name === name)
}

function foundBy({ seed, kind, finding, commands, fired }: Trial): Found | undefined {
  if (!finding) return undefined
  return { seed, kind, ...finding, commands: commands.length, faults: fired.length }
}

/** Whether the correct sample goes wrong in the same trial: then it is not the bug of the mutant that was found. */
async function isOfSample({ sample, mutant }: Subject, trial: Trial): Promise<boolean> {
  if (mutant === undefined) return false
  const { seed, kind, commands, fired } = trial
  const faults = new Set(fired.map(({ id }) => id))
  const correct = await runTrial(await loadSample(sample), { seed, kind, commands, faults })
  return correct.finding !== undefined
}

async function tried(subject: Subject, seeds: readonly number[]): Promise<Found | undefined> {
  const simulation = await simulationOf(subject)
  for (const seed of seeds) {
    const trial = await runTrial(simulation, { seed })
    if (trial.finding && !(await isOfSample(subject, trial))) return foundBy(trial)
  }
  return undefined
}

async function shrunk(subject: Subject, seed: number): Promise<Found | undefined> {
  current = undefined
  const simulation = await simulationOf(subject)
  const failing = await runTrial(simulation, { seed })
  if (!failing.finding) return undefined
  const { trial } = await shrink(simulation, failing)
  const found = foundBy(trial)
  return found && { ...found, isOfSample: await isOfSample(subject, trial) }
}

function work(request: WorkRequest): Promise<Found | undefined> {
  return request.task === 'shrink' ? shrunk(request, request.seed) : tried(request, request.seeds)
}

const answer = (said: WorkAnswer): void => {
  process.send?.(said)
}

// A promise that nobody awaits may have met a guard: its world has the finding.
process.on('unhandledRejection', () => undefined)
process.on('message', (request: WorkRequest) => {
  work(request).then(
    (found) => answer({ found }),
    (thrown: unknown) =>
      answer({ problem: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })
  )
})
