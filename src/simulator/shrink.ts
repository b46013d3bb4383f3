import type { Simulation } from './simulation.ts'
import { runTrial, type Trial } from './trial.ts'

/** A failing trial made as small as it gets. */
export interface Shrunk {
  readonly trial: Trial
  /** Worlds that were run for it. */
  readonly runs: number
}

/** How many trials a shrinker may run. */
const runsMax = 400

/**
 * Leaves out what a failure does not need: ever smaller parts of a list, as long as the failure stays. The algorithm
 * is ddmin of Zeller and Hildebrandt (Simplifying and isolating failure-inducing input, 2002), without its subsets.
 */
async function withoutWhatIsNotNeeded<Item>(
  items: readonly Item[],
  stillFails: (items: readonly Item[]) => Promise<boolean>
): Promise<readonly Item[]> {
  let left = items
  for (let parts = 1; left.length > 0; ) {
    const size = Math.ceil(left.length / parts)
    let isSmaller = false
    for (let from = 0; from < left.length; from += size) {
      const rest = [...left.slice(0, from), ...left.slice(from + size)]
      if (!(await stillFails(rest))) continue
      left = rest
      isSmaller = true
      break
    }
    if (isSmaller) parts = Math.max(1, parts - 1)
    else if (parts >= left.length) return left
    else parts = Math.min(left.length, parts * 2)
  }
  return left
}

/** Shrinks a failing trial: to few faults, then to few commands, that break the same promise. Any other stays as it is. */
export async function shrink<Outside>(simulation: Simulation<Outside>, failing: Trial): Promise<Shrunk> {
  const { seed, kind, finding } = failing
  if (!finding) return { trial: failing, runs: 0 }
  let best = failing
  let runs = 0
  const tried = async (commands: Trial['commands'], faults: readonly string[]): Promise<boolean> => {
    if (runs >= runsMax) return false
    runs += 1
    const trial = await runTrial(simulation, { seed, kind, commands, faults: new Set(faults) })
    if (trial.finding?.oracle !== finding.oracle) return false
    best = trial
    return true
  }
  const faultIds = (): readonly string[] => best.fired.map(({ id }) => id)
  for (let size = Number.POSITIVE_INFINITY; best.commands.length + best.fired.length < size; ) {
    size = best.commands.length + best.fired.length
    const { commands } = best
    await withoutWhatIsNotNeeded(faultIds(), (ids) => tried(commands, ids))
    const faults = faultIds()
    await withoutWhatIsNotNeeded(best.commands, (fewer) => tried(fewer, faults))
  }
  return { trial: best, runs }
}
