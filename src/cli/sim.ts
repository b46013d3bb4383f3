import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { Failure } from '../core/index.ts'
import {
  Campaign,
  type CampaignFailure,
  commandsLeftOut,
  forbidGlobals,
  type History,
  reachable,
  runTrial,
  type Shrunk,
  type Simulation,
  sequenceDiagram,
  shrink,
  type TrialKind,
  testFile,
  trialKinds
} from '../simulator/index.ts'
import type { Call } from './call.ts'
import { checkWorkload } from './check-workload.ts'
import { loadSimulation, type SimulationPlace, simulatedSystem, simulationPlace } from './load-simulation.ts'
import { nearestName } from './nearest-name.ts'
import { possibleFaults } from './possible-faults.ts'
import { shownPath } from './shown-path.ts'
import {
  type CampaignFacts,
  campaignDocument,
  campaignLines,
  type ShrunkFailure,
  type WholeFailure
} from './sim-report.ts'
import { runSeeds } from './sim-workers.ts'
import { stopSignal } from './stop-signal.ts'

const seedsDefault = 1_000
/** Seeds below which it is chance whether everything is reached. */
const coverageLeast = 200
/** Failures of different oracles that are shrunk; more would only be read by nobody. */
const shrunkMax = 5
/** Commands and faults that are read at a glance; a failure this small need not get smaller. */
const smallEnough = 3
const barWidth = 30
/** What a program ends with that somebody has stopped. */
const interrupted = 130

/** What the command line asks for. */
interface Wanted {
  readonly from: number
  readonly seeds: number
  readonly jobs: number
  readonly kind: TrialKind | undefined
}

function kindOf(call: Call): TrialKind | undefined {
  const typed = call.text('kind')
  if (typed === undefined) return undefined
  const kind = trialKinds.find((each) => each === typed)
  if (kind) return kind
  throw new Failure('USAGE_INVALID', {
    hint: `--kind is '${typed}', but it is one of ${trialKinds.join(', ')}.`
  })
}

function wantedBy(call: Call): Wanted {
  const one = call.number('seed', 0, 2 ** 31)
  const many = (['seeds', 'from', 'first'] as const).find(
    (name) => call.text(name) !== undefined || call.flag(name)
  )
  if (one !== undefined && many !== undefined)
    throw new Failure('USAGE_INVALID', {
      hint: `--seed runs one seed, --${many} is for many: leave one out.`
    })
  const seeds = one === undefined ? (call.number('seeds', 1, 100_000_000) ?? seedsDefault) : 1
  const jobs = call.number('jobs', 1, 256) ?? availableParallelism()
  const from = one ?? call.number('from', 0, 2 ** 31) ?? 1
  return { from, seeds, jobs: Math.min(seeds, jobs), kind: kindOf(call) }
}

/** What a campaign should reach; what the simulation excuses must be one of these. */
function wantedNames(
  { file }: SimulationPlace,
  { unreached = {} }: Simulation,
  names: readonly string[]
): readonly string[] {
  const unknown = Object.keys(unreached).find((name) => !names.includes(name))
  if (unknown === undefined) return names.filter((name) => unreached[name] === undefined)
  const near = nearestName(unknown, names)
  throw new Failure('CONFIG_INVALID', {
    hint: `'unreached' of ${shownPath(file)} excuses '${unknown}', which is nothing that can be reached.${near === undefined ? '' : ` Did you mean '${near}'?`}`
  })
}

/** The commit of the code that was simulated, where there is one. */
function commitOf(file: string): string | undefined {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: dirname(file),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore']
      }).trim()
    const commit = git('rev-parse', '--short', 'HEAD')
    const changed = git('status', '--porcelain') !== ''
    return changed ? `${commit} with changes` : commit
  } catch {
    return undefined
  }
}

function progressLine(campaign: Campaign, seeds: number, startedMs: number): string {
  const share = campaign.seeds / seeds
  const bar = '#'.repeat(Math.floor(share * barWidth)).padEnd(barWidth, '.')
  const perS = Math.round(campaign.worlds / ((performance.now() - startedMs) / 1_000))
  const failing = campaign.failures.length
  return `[${bar}] ${Math.floor(share * 100)} %  ${campaign.seeds} of ${seeds} seeds, ${perS} worlds/s${failing > 0 ? `, ${failing} promises broken` : ''}`
}

const sizeOf = ({ trial }: Shrunk): number => trial.commands.length + trial.fired.length

/**
 * The smallest that some failing seeds can be made: what one cannot be rid of, another may never have had. Undefined
 * when none of them fails again.
 */
async function smallest(
  simulation: Simulation,
  { oracle, first }: CampaignFailure
): Promise<Shrunk | undefined> {
  let best: Shrunk | undefined
  let runs = 0
  for (const { seed, kind } of first) {
    if (best && sizeOf(best) <= smallEnough) break
    const trial = await runTrial(simulation, { seed, kind })
    if (trial.finding?.oracle !== oracle) continue
    const shrunk = await shrink(simulation, trial)
    runs += shrunk.runs
    if (!best || sizeOf(shrunk) < sizeOf(best)) best = shrunk
  }
  return best && { ...best, runs }
}

/** Writes a test that fails as a trial does, and tells what happens in it. */
async function writtenFailure(
  { file: simulationFile }: SimulationPlace,
  simulation: Simulation,
  { trial, runs }: Shrunk,
  out: string
): Promise<ShrunkFailure> {
  const { seed, kind, commands, fired, finding } = trial
  const history: History = []
  const faults = new Set(fired.map(({ id }) => id))
  await runTrial(simulation, { seed, kind, commands, faults, history })
  mkdirSync(out, { recursive: true })
  const oracle = finding?.oracle ?? 'unknown'
  const file = join(out, `seed-${seed}-${oracle.replaceAll(/[^A-Za-z0-9]+/g, '-')}.test.ts`)
  const from = relative(out, simulationFile).replaceAll('\\', '/')
  writeFileSync(file, testFile(trial, from.startsWith('.') ? from : `./${from}`))
  return { trial, runs, file: shownPath(file), diagram: sequenceDiagram(history) }
}

async function campaignOf(call: Call, place: SimulationPlace, wanted: Wanted): Promise<CampaignFacts> {
  const { seeds, jobs, kind } = wanted
  const simulation = await loadSimulation(place)
  const system = simulatedSystem(place, simulation)
  const possible = possibleFaults(system)
  const names = wantedNames(place, simulation, reachable(system, possible))
  checkWorkload(shownPath(place.file), simulation, system)
  const campaign = new Campaign()
  let isStopped = false
  void stopSignal().then(() => {
    isStopped = true
  })
  const startedMs = performance.now()
  const drifts = await runSeeds({
    ...wanted,
    setting: { place, kind },
    onSummary: (summary) => {
      campaign.add(summary)
      call.terminal.progress(progressLine(campaign, seeds, startedMs))
      return isStopped || (call.flag('first') && campaign.failures.length > 0)
    }
  })
  const tookMs = performance.now() - startedMs
  // Worlds end where something is broken: what they would have reached, nobody knows.
  const isWhole =
    campaign.seeds >= coverageLeast && !isStopped && kind === undefined && campaign.failures.length === 0
  const missed = campaign.unreached(names)
  const out = resolve(call.text('out') ?? 'simulated')
  const shrunk: ShrunkFailure[] = []
  const whole: WholeFailure[] = []
  for (const [index, failure] of campaign.failures.entries()) {
    call.terminal.progress(`making what broke '${failure.oracle}' small ...`)
    const small = index < shrunkMax ? await smallest(simulation, failure) : undefined
    const [summary] = failure.first
    if (small) shrunk.push(await writtenFailure(place, simulation, small, out))
    else if (summary) whole.push({ summary, isGone: index < shrunkMax })
  }
  return {
    system: system.name,
    place,
    campaign,
    tookMs,
    jobs,
    stoppedOf: isStopped ? seeds : undefined,
    drifts,
    possible,
    unreached: isWhole ? missed : [],
    reached: names.length - missed.length,
    reachable: names.length,
    shrunk,
    whole,
    leftOut: commandsLeftOut(simulation, system),
    commit: commitOf(place.file)
  }
}

/**
 * `skerry sim`: runs seeds, and gives 1 when a promise was broken, a seed drifted, or something was never reached. A
 * signal ends it early, with what was found by then; it gives 130 when that is nothing.
 */
export async function sim(call: Call): Promise<number> {
  // Before the user's code is loaded here too, to make failures small.
  forbidGlobals()
  const wanted = wantedBy(call)
  const place = simulationPlace(call.text('simulation'), call.text('config'))
  const facts = await campaignOf(call, place, wanted)
  if (call.json) call.terminal.out(JSON.stringify(campaignDocument(facts)))
  else call.terminal.out(campaignLines(facts, call.terminal).join('\n'))
  const { campaign, drifts, unreached, stoppedOf } = facts
  if (campaign.failures.length + drifts.length + unreached.length > 0) return 1
  return stoppedOf === undefined ? 0 : interrupted
}
