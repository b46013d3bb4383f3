import type { SystemDefinition } from '../core/index.ts'
import { endingOf } from './ending.ts'
import { type Finding, FoundProblem } from './finding.ts'
import { liveCalmly, liveCutOff, liveThroughChaos } from './lives.ts'
import { SimulatedWorld } from './simulated-world.ts'
import type { Simulation } from './simulation.ts'
import { StrayRejections } from './stray-rejections.ts'
import type { WorldOptions, WorldResult } from './world-options.ts'

/** The system of a simulation, to be looked at. */
export function systemOf<Outside>({ system, outside }: Simulation<Outside>): SystemDefinition {
  return typeof system === 'function' ? system(outside?.() as Outside) : system
}

async function live<Outside>(simulated: SimulatedWorld<Outside>, { calm }: WorldOptions): Promise<void> {
  if (!calm) await liveThroughChaos(simulated)
  else if (calm.cutOff === undefined) await liveCalmly(simulated)
  else await liveCutOff(simulated, calm.cutOff)
}

/** What nobody planned for is a finding too: its seed must be told. */
function unexpected(thrown: unknown): Finding {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return { oracle: 'nothing-unexpected', text }
}

/** Lets a world live from its beginning until it has come to rest, or something is found. */
export async function lifeOf<Outside>(
  simulated: SimulatedWorld<Outside>,
  options: WorldOptions
): Promise<WorldResult> {
  let finding: Finding | undefined
  const stray = new StrayRejections()
  try {
    await live(simulated, options)
  } catch (thrown) {
    finding = thrown instanceof FoundProblem ? thrown.finding : unexpected(thrown)
  }
  const rejected = await stray.end()
  finding ??= rejected
  const { world, faults, clients, commands, decided, reached, disks } = simulated
  return {
    seed: options.seed,
    finding,
    fired: faults.fired,
    commands,
    tally: clients.tally,
    decided,
    traceHash: world.traceHash,
    reached,
    virtualMs: world.nowMs,
    happened: world.happened,
    ending: options.calm ? endingOf(disks, simulated.mayDiffer) : new Map()
  }
}

/** Runs one world of a simulation. The same options give the same result, to the last happening. */
export function simulate<Outside>(
  simulation: Simulation<Outside>,
  options: WorldOptions
): Promise<WorldResult> {
  return lifeOf(new SimulatedWorld(simulation, options), options)
}
