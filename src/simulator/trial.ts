import { canonicalJson } from '../core/index.ts'
import { differenceOf } from './ending.ts'
import type { FiredFault } from './faults.ts'
import type { Finding } from './finding.ts'
import type { History } from './history.ts'
import { randomStream } from './random.ts'
import { lifeOf, systemOf } from './simulate.ts'
import { SimulatedWorld } from './simulated-world.ts'
import type { Simulation } from './simulation.ts'
import type { NumberedCommand, WorldOptions, WorldResult } from './world-options.ts'

/**
 * What a seed tries. `chaos`: faults, healing, and everything that must hold. `orders`: the same commands in two legal
 * orders of delivery must end equal. `twice`: with every message and effect doubled, it must end equal. `cut-off`: with
 * a service cut off, the others must answer.
 */
export type TrialKind = (typeof trialKinds)[number]

/** Every kind of trial. */
export const trialKinds = ['chaos', 'orders', 'twice', 'cut-off'] as const

/** A seed, and what of it is to be run: the whole of it, or what a shrinker left. */
export interface TrialOptions {
  readonly seed: number
  readonly kind?: TrialKind
  readonly commands?: WorldOptions['commands']
  readonly faults?: ReadonlySet<string> | undefined
  readonly history?: History | undefined
}

/** What came of a trial. */
export interface Trial {
  readonly seed: number
  readonly kind: TrialKind
  readonly finding: Finding | undefined
  readonly commands: readonly NumberedCommand[]
  readonly fired: readonly FiredFault[]
  readonly worlds: readonly Omit<WorldResult, 'ending'>[]
  readonly traceHash: string
}

/** What a seed tries unless it is told: most of all chaos. */
export function kindOf(seed: number): TrialKind {
  const share = randomStream(seed, 'kind').next()
  if (share < 0.7) return 'chaos'
  if (share < 0.82) return 'orders'
  return share < 0.92 ? 'twice' : 'cut-off'
}

interface Ended {
  readonly result: WorldResult
  /** The outside world, as text. */
  readonly outside: string
}

async function run<Outside>(simulation: Simulation<Outside>, options: WorldOptions): Promise<Ended> {
  const world = new SimulatedWorld(simulation, options)
  const result = await lifeOf(world, options)
  return { result, outside: canonicalJson(JSON.parse(JSON.stringify(world.outside ?? null))) }
}

/** Two calm worlds that must end equal, or the problem that one of them has by itself. */
function compared(
  oracle: string,
  what: string,
  one: Ended,
  other: Ended,
  withOutside: boolean
): Finding | undefined {
  const own = one.result.finding ?? other.result.finding
  if (own) return own
  const difference =
    differenceOf(one.result.ending, other.result.ending) ??
    (withOutside && one.outside !== other.outside
      ? `The outside world is ${one.outside} in one and ${other.outside} in the other.`
      : undefined)
  return difference === undefined ? undefined : { oracle, text: `${what} ${difference}` }
}

async function worldsOf<Outside>(
  simulation: Simulation<Outside>,
  kind: TrialKind,
  options: WorldOptions
): Promise<{ readonly worlds: readonly WorldResult[]; readonly finding: Finding | undefined }> {
  const { seed } = options
  if (kind === 'chaos') {
    const { result } = await run(simulation, options)
    return { worlds: [result], finding: result.finding }
  }
  if (kind === 'cut-off') {
    const services = [...systemOf(simulation).services.keys()]
    const cutOff = randomStream(seed, 'cut-off').pick(services)
    const { result } = await run(simulation, { ...options, calm: { schedule: 0, cutOff } })
    return { worlds: [result], finding: result.finding }
  }
  const one = await run(simulation, { ...options, calm: { schedule: 0 } })
  const isTwice = kind === 'twice'
  const calm = isTwice ? { schedule: 0, twice: true } : { schedule: 1 + (seed % 1_000) }
  const other = await run(simulation, { ...options, calm })
  const finding = isTwice
    ? compared(
        'twice-is-once',
        'With every message and every effect doubled, a world ends otherwise:',
        one,
        other,
        true
      )
    : compared(
        'any-legal-order',
        'In another legal order of deliveries a world ends otherwise:',
        one,
        other,
        false
      )
  return { worlds: [one.result, other.result], finding }
}

/** Runs what a seed tries. The same options give the same trial, to the last happening. */
export async function runTrial<Outside>(
  simulation: Simulation<Outside>,
  options: TrialOptions
): Promise<Trial> {
  const { seed, kind = kindOf(seed) } = options
  const { worlds, finding } = await worldsOf(simulation, kind, options)
  return {
    seed,
    kind,
    finding,
    commands: worlds[0]?.commands ?? [],
    fired: worlds.flatMap(({ fired }) => fired),
    worlds,
    traceHash: worlds.map(({ traceHash }) => traceHash).join('-')
  }
}
