import { availableParallelism } from 'node:os'
import type { Plan } from '../plan.ts'
import { median, rounded } from '../quantile.ts'
import type { Outcome } from '../report.ts'
import { alarmsOf, hunt, shrunkOf } from './hunt.ts'
import { bugKinds, type Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'
import { sampleNames } from './samples.ts'
import { type Hunt, isSmall, isTheSimulators, type Peace, writeTable } from './table.ts'
import { Workers } from './workers.ts'

const benchmark = 'seeded-bugs'

interface Limits {
  readonly huntMs: number
  /** Seeds that are tried of a mutant without the invariants of its sample. */
  readonly bareSeeds: number
  readonly sampleSeeds: number
  readonly chosen: readonly Mutant[]
}

const whole: Limits = { huntMs: 60_000, bareSeeds: 400, sampleSeeds: 500, chosen: mutants }
const quick: Limits = {
  huntMs: 10_000,
  bareSeeds: 40,
  sampleSeeds: 40,
  chosen: Object.keys(bugKinds).flatMap((kind) => mutants.find((mutant) => mutant.kind === kind) ?? [])
}

async function hunted(workers: Workers, mutant: Mutant, { huntMs, bareSeeds }: Limits): Promise<Hunt> {
  const subject = { sample: mutant.sample, mutant: mutant.name }
  const { found, seconds, seeds } = await hunt(workers, subject, huntMs)
  const shrunk = found && (await shrunkOf(workers, subject, found))
  const bare =
    found === undefined || isTheSimulators(found)
      ? found
      : (await hunt(workers, { ...subject, bare: true }, huntMs, bareSeeds)).found
  return { mutant, found, shrunk, bare, seconds, seeds }
}

function huntOutcome({ mutant, found, shrunk, bare, seconds, seeds }: Hunt): Outcome {
  const { sample, name, kind, wrong } = mutant
  return {
    benchmark,
    case: `${sample}, ${name}`,
    figures: {
      kind,
      wrong,
      caught: found !== undefined,
      ...(found && { 'caught by': found.oracle, trial: found.kind, seed: found.seed }),
      'seeds tried': seeds,
      seconds: rounded(seconds, 1),
      ...(shrunk && { 'commands left': shrunk.commands, 'faults left': shrunk.faults, finding: shrunk.text }),
      'without invariants': bare?.oracle ?? 'not caught',
      ...(shrunk?.isOfSample && { correct: false })
    }
  }
}

function peaceOutcome({ sample, seeds, seconds, alarms }: Peace): Outcome {
  const [first] = alarms
  return {
    benchmark,
    case: `${sample}, correct`,
    figures: {
      seeds,
      seconds: rounded(seconds, 1),
      alarms: alarms.length,
      correct: alarms.length === 0,
      ...(first && { seed: first.seed, trial: first.kind, 'raised by': first.oracle, finding: first.text })
    }
  }
}

function closing(hunts: readonly Hunt[], peaces: readonly Peace[]): Outcome {
  const caught = hunts.filter(({ found }) => found)
  return {
    benchmark,
    case: 'all',
    figures: {
      mutants: hunts.length,
      kinds: new Set(hunts.map(({ mutant }) => mutant.kind)).size,
      caught: caught.length,
      'caught %': rounded((100 * caught.length) / hunts.length, 1),
      'median seconds': rounded(median(caught.map(({ seconds }) => seconds)), 2),
      'shrunk to 10 events': caught.filter(isSmall).length,
      'caught without invariants': hunts.filter(({ bare }) => bare).length,
      samples: peaces.length,
      'false alarms': peaces.reduce((sum, { alarms }) => sum + alarms.length, 0)
    },
    goals: {
      'caught %': { min: 95 },
      'shrunk to 10 events': { min: caught.length },
      'false alarms': { max: 0 }
    }
  }
}

/**
 * Correct samples of services made wrong in one way each: whether the simulator finds it within a minute, and whether
 * it leaves the correct ones alone.
 */
export async function* seededBugs({ quick: isQuick, write }: Plan): AsyncIterable<Outcome> {
  const limits = isQuick ? quick : whole
  const workers = new Workers(availableParallelism())
  const hunts: Hunt[] = []
  const peaces: Peace[] = []
  try {
    for (const mutant of limits.chosen) {
      const one = await hunted(workers, mutant, limits)
      hunts.push(one)
      yield huntOutcome(one)
    }
    for (const sample of sampleNames) {
      const beganMs = performance.now()
      const alarms = await alarmsOf(workers, { sample }, limits.sampleSeeds)
      const seconds = (performance.now() - beganMs) / 1_000
      const one = { sample, seeds: limits.sampleSeeds, seconds, alarms }
      peaces.push(one)
      yield peaceOutcome(one)
    }
  } finally {
    workers.stop()
  }
  const outcome = closing(hunts, peaces)
  yield outcome
  if (write) writeTable(hunts, peaces, outcome)
}
