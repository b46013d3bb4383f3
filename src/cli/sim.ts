import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { Failure } from '../core/index.ts'
import {
  allFaults,
  Campaign,
  forbidGlobals,
  type History,
  runTrial,
  sequenceDiagram,
  shrink,
  type TrialKind,
  type TrialSummary,
  testFile,
  trialKinds
} from '../simulator/index.ts'
import type { Call } from './call.ts'
import { loadSimulation, type SimulationPlace, simulationPlace } from './load-simulation.ts'
import { shownPath } from './shown-path.ts'
import { type CampaignFacts, campaignDocument, campaignLines, type ShrunkFailure } from './sim-report.ts'
import { runSeeds } from './sim-workers.ts'

const seedsDefault = 1_000
/** Seeds below which it is chance whether everything is reached. */
const coverageLeast = 200
/** Failures of different oracles that are shrunk; more would only be read by nobody. */
const shrunkMax = 5
const barWidth = 30

function kindOf(call: Call): TrialKind | undefined {
  const typed = call.text('kind')
  if (typed === undefined) return undefined
  const kind = trialKinds.find((each) => each === typed)
  if (kind) return kind
  throw new Failure('USAGE_INVALID', {
    hint: `--kind is '${typed}', but it is one of ${trialKinds.join(', ')}.`
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

/** Runs a failing seed again, makes it small, and writes a test that fails as it does. */
async function shrunkFailure(
  place: SimulationPlace,
  { seed, kind }: TrialSummary,
  out: string
): Promise<ShrunkFailure> {
  const simulation = await loadSimulation(place)
  const failing = await runTrial(simulation, { seed, kind })
  const { trial, runs } = await shrink(simulation, failing)
  const history: History = []
  const faults = new Set(trial.fired.map(({ id }) => id))
  await runTrial(simulation, { seed, kind, commands: trial.commands, faults, history })
  mkdirSync(out, { recursive: true })
  const oracle = trial.finding?.oracle ?? 'unknown'
  const file = join(out, `seed-${seed}-${oracle.replaceAll(/[^A-Za-z0-9]+/g, '-')}.test.ts`)
  const simulationModule = relative(out, place.file).replaceAll('\\', '/')
  writeFileSync(
    file,
    testFile(trial, simulationModule.startsWith('.') ? simulationModule : `./${simulationModule}`)
  )
  return { trial, runs, file: shownPath(file), diagram: sequenceDiagram(history) }
}

async function campaignOf(call: Call, place: SimulationPlace): Promise<CampaignFacts> {
  const one = call.number('seed', 0, 2 ** 31)
  const seeds = one === undefined ? (call.number('seeds', 1, 100_000_000) ?? seedsDefault) : 1
  const from = one ?? call.number('from', 0, 2 ** 31) ?? 1
  const jobs = Math.min(seeds, call.number('jobs', 1, 256) ?? availableParallelism())
  const kind = kindOf(call)
  const campaign = new Campaign()
  const startedMs = performance.now()
  let names: readonly string[] = []
  let system = ''
  let leftOut: readonly string[] = []
  const drifts = await runSeeds({
    from,
    seeds,
    jobs,
    setting: { place, kind, faults: allFaults },
    onReady: (ready) => {
      names = ready.reachable
      system = ready.system
      leftOut = ready.leftOut
    },
    onSummary: (summary) => {
      campaign.add(summary)
      call.terminal.progress(progressLine(campaign, seeds, startedMs))
      return call.flag('first') && campaign.failures.length > 0
    }
  })
  const tookMs = performance.now() - startedMs
  const simulation = await loadSimulation(place)
  const isWhole = seeds >= coverageLeast && kind === undefined
  const wanted = names.filter((name) => simulation.unreached?.[name] === undefined)
  const missed = campaign.unreached(wanted)
  const out = resolve(call.text('out') ?? 'simulated')
  const shrunk: ShrunkFailure[] = []
  for (const { first } of campaign.failures.slice(0, shrunkMax)) {
    call.terminal.progress(`making seed ${first.seed} small ...`)
    shrunk.push(await shrunkFailure(place, first, out))
  }
  return {
    system,
    place,
    campaign,
    tookMs,
    jobs,
    drifts,
    unreached: isWhole ? missed : [],
    reached: wanted.length - missed.length,
    reachable: wanted.length,
    shrunk,
    leftOut,
    commit: commitOf(place.file)
  }
}

/** `skerry sim`: runs seeds, and gives 1 when a promise was broken, a seed drifted, or something was never reached. */
export async function sim(call: Call): Promise<number> {
  // Before the user's code is loaded here too, to make failures small.
  forbidGlobals()
  const place = simulationPlace(call.text('simulation'), call.text('config'))
  const facts = await campaignOf(call, place)
  if (call.json) call.terminal.out(JSON.stringify(campaignDocument(facts)))
  else call.terminal.out(campaignLines(facts, call.terminal).join('\n'))
  const { campaign, drifts, unreached } = facts
  return campaign.failures.length + drifts.length + unreached.length > 0 ? 1 : 0
}
