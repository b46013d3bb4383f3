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
  /** What the correct sample does wrong in the same trial. It should do nothing wrong: then the mutant is to blame. */
  readonly alsoOfSample?: string | undefined
}

/** What a worker answers: the first finding, if there is any; or that it could not do it. */
export type WorkAnswer = { readonly found: Found | undefined } | { readonly problem: string }

const loaded = new Map<string, Promise<Simulation>>()

async function simulationOf({ sample, mutant, bare = false }: Subject): Promise<Simulation> {
  const name = `${sample}/${mutant ?? ''}`
  const known = loaded.get(name)
  const simulation = await (known ?? loadSample(sample, mutantNamed(mutant)))
  if (!known) loaded.set(name, Promise.resolve(simulation))
  return bare ? { ...simulation, invariants: [] } : simulation
}

function mutantNamed(name: string | undefined): Mutant | undefined {
  return mutants.find((one) => one.name === name)
}

function foundBy({ seed, kind, finding, commands, fired }: Trial): Found | undefined {
  if (!finding) return undefined
  return { seed, kind, ...finding, commands: commands.length, faults: fired.length }
}

async function shrunk(subject: Subject, seed: number): Promise<Found | undefined> {
  const simulation = await simulationOf(subject)
  const { trial } = await shrink(simulation, await runTrial(simulation, { seed }))
  const { kind, commands, fired } = trial
  const faults = new Set(fired.map(({ id }) => id))
  const sample = await simulationOf({ sample: subject.sample })
  const correct = await runTrial(sample, { seed, kind, commands, faults })
  const found = foundBy(trial)
  return found && { ...found, alsoOfSample: correct.finding?.text }
}

async function work(request: WorkRequest): Promise<Found | undefined> {
  if (request.task === 'shrink') return shrunk(request, request.seed)
  const simulation = await simulationOf(request)
  for (const seed of request.seeds) {
    const found = foundBy(await runTrial(simulation, { seed }))
    if (found) return found
  }
  return undefined
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
