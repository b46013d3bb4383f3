import type { CommandTally } from './client.ts'
import type { Reached } from './coverage.ts'
import type { FaultClass } from './faults.ts'
import type { Finding } from './finding.ts'
import type { Trial, TrialKind } from './trial.ts'

/** What a campaign keeps of a trial: little, since there are many. */
export interface TrialSummary {
  readonly seed: number
  readonly kind: TrialKind
  readonly finding: Finding | undefined
  readonly traceHash: string
  readonly worlds: number
  readonly commands: CommandTally
  readonly decided: number
  readonly happened: number
  readonly virtualMs: number
  readonly fired: Partial<Record<FaultClass, number>>
  readonly reached: Reached
}

/** The summary of a trial. */
export function summaryOf({ seed, kind, finding, traceHash, worlds, fired }: Trial): TrialSummary {
  const sum = (of: (world: Trial['worlds'][number]) => number): number =>
    worlds.reduce((total, world) => total + of(world), 0)
  const firedOf: Partial<Record<FaultClass, number>> = {}
  for (const fault of fired) firedOf[fault.kind] = (firedOf[fault.kind] ?? 0) + 1
  const reached: Reached = {}
  for (const world of worlds) add(reached, world.reached)
  return {
    seed,
    kind,
    finding,
    traceHash,
    worlds: worlds.length,
    commands: {
      sent: sum(({ tally }) => tally.sent),
      refused: sum(({ tally }) => tally.refused),
      turnedDown: sum(({ tally }) => tally.turnedDown)
    },
    decided: sum((world) => world.decided),
    happened: sum((world) => world.happened),
    virtualMs: sum((world) => world.virtualMs),
    fired: firedOf,
    reached
  }
}

function add(into: Record<string, number>, counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count = 0] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count
}

/** Failing seeds of an oracle that are kept: not every seed can be made small. */
const keptMax = 3

/** What failed in one way. */
export interface CampaignFailure {
  readonly oracle: string
  /** The first seeds that failed so, by number. */
  readonly first: readonly TrialSummary[]
  /** How many seeds failed so. */
  readonly seeds: number
}

/** What became of the seeds so far. */
export class Campaign {
  readonly #first = new Map<string, readonly TrialSummary[]>()
  readonly #failing = new Map<string, number>()
  readonly fired: Record<string, number> = {}
  readonly reached: Reached = {}
  readonly kinds: Record<string, number> = {}
  seeds = 0
  worlds = 0
  readonly commands = { sent: 0, refused: 0, turnedDown: 0 }
  decided = 0
  happened = 0
  virtualMs = 0

  add(summary: TrialSummary): void {
    this.seeds += 1
    this.worlds += summary.worlds
    add(this.commands, { ...summary.commands })
    this.decided += summary.decided
    this.happened += summary.happened
    this.virtualMs += summary.virtualMs
    add(this.fired, summary.fired)
    add(this.reached, summary.reached)
    add(this.kinds, { [summary.kind]: 1 })
    if (!summary.finding) return
    const { oracle } = summary.finding
    this.#failing.set(oracle, (this.#failing.get(oracle) ?? 0) + 1)
    const first = [...(this.#first.get(oracle) ?? []), summary]
    this.#first.set(oracle, first.sort((left, right) => left.seed - right.seed).slice(0, keptMax))
  }

  /** What failed, by its first seed. */
  get failures(): readonly CampaignFailure[] {
    const first = ({ first: [summary] }: CampaignFailure): number => summary?.seed ?? 0
    return [...this.#first]
      .map(([oracle, few]) => ({ oracle, first: few, seeds: this.#failing.get(oracle) ?? 0 }))
      .toSorted((left, right) => first(left) - first(right))
  }

  /** Of these names, the ones that no seed has reached. */
  unreached(names: readonly string[]): readonly string[] {
    return names.filter((name) =>
      name.startsWith('fault ') ? !this.fired[name.slice('fault '.length)] : !this.reached[name]
    )
  }
}
