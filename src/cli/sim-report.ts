import type { Campaign, FaultClass, Trial, TrialSummary } from '../simulator/index.ts'
import { faultClasses, trialKinds } from '../simulator/index.ts'
import type { SimulationPlace } from './load-simulation.ts'
import { shownPath } from './shown-path.ts'
import type { Drift } from './sim-workers.ts'
import { counted, labelled, table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** A failing seed, made small. */
export interface ShrunkFailure {
  readonly trial: Trial
  readonly runs: number
  /** The test that fails as it does. */
  readonly file: string
  /** What happens in it, in Mermaid. */
  readonly diagram: string
}

/** A failing seed that was not made small. */
export interface WholeFailure {
  readonly summary: TrialSummary
  /** Run by itself it did not fail; else it was one too many. */
  readonly isGone: boolean
}

/** What came of a campaign. */
export interface CampaignFacts {
  readonly system: string
  readonly place: SimulationPlace
  readonly campaign: Campaign
  readonly tookMs: number
  readonly jobs: number
  /** How many seeds it would have been, when somebody stopped it. */
  readonly stoppedOf: number | undefined
  readonly drifts: readonly Drift[]
  /** The kinds of faults that can happen in the system at all. */
  readonly possible: readonly FaultClass[]
  readonly unreached: readonly string[]
  readonly reached: number
  readonly reachable: number
  readonly shrunk: readonly ShrunkFailure[]
  readonly whole: readonly WholeFailure[]
  /** Commands that no client sends, and why; only where the commands are made from the contracts. */
  readonly leftOut: readonly string[]
  readonly commit: string | undefined
}

function worldsPerS({ campaign, tookMs }: CampaignFacts): number {
  return Math.round(campaign.worlds / (tookMs / 1_000))
}

/** The one command that runs a seed again. */
function replayLine({ place }: CampaignFacts, { seed, kind }: Pick<Trial, 'seed' | 'kind'>): string {
  const option = place.kind === 'config' ? '--config' : '--simulation'
  return `npx skerry sim ${option} ${shownPath(place.file)} --seed ${seed} --kind ${kind}`
}

function failureLines(facts: CampaignFacts, failure: ShrunkFailure, terminal: Terminal): readonly string[] {
  const { trial, file, diagram, runs } = failure
  const { finding, seed, kind, commands, fired } = trial
  const seeds = facts.campaign.failures.find(({ oracle }) => oracle === finding?.oracle)?.seeds ?? 1
  return [
    '',
    terminal.paint('red', `BROKEN  ${finding?.oracle}`),
    `  ${finding?.text}`,
    ...labelled([
      ['seed', `${seed}, ${kind}; ${counted(seeds, 'seed')} broke it`],
      ['commit', facts.commit ?? 'not in a repository'],
      [
        'small',
        `${counted(commands.length, 'command')} and ${counted(fired.length, 'fault')} are left after ${counted(runs, 'run')}`
      ],
      ['again', replayLine(facts, trial)],
      ['test', file]
    ]).map((line) => `  ${line}`),
    '',
    diagram
  ]
}

function wholeLines(facts: CampaignFacts, failure: WholeFailure, terminal: Terminal): readonly string[] {
  const { summary, isGone } = failure
  const { finding, seed, kind } = summary
  const gone =
    '  -> run by itself it did not break: something outlives a world, such as a variable of a module, or a cache'
  return [
    '',
    terminal.paint('red', `BROKEN  ${finding?.oracle}`),
    `  ${finding?.text}`,
    ...labelled([
      ['seed', `${seed}, ${kind}`],
      ['again', replayLine(facts, summary)]
    ]).map((line) => `  ${line}`),
    ...(isGone ? [gone] : [])
  ]
}

function unreachedLines({ unreached }: CampaignFacts, terminal: Terminal): readonly string[] {
  if (unreached.length === 0) return []
  return [
    ...unreached.map((name) => terminal.paint('yellow', `UNREACHED  ${name}`)),
    "  -> send commands that lead there in the 'workload' of simulation.ts, or say in its 'unreached' why not"
  ]
}

function lastLine({ campaign, drifts, unreached, stoppedOf }: CampaignFacts, terminal: Terminal): string {
  if (campaign.failures.length + drifts.length > 0) return terminal.paint('red', 'Not every promise held.')
  if (stoppedOf !== undefined) return terminal.paint('yellow', 'Every promise held until it was stopped.')
  return unreached.length > 0
    ? terminal.paint('yellow', 'Every promise held, but not everything was reached.')
    : terminal.paint('green', 'Every promise held.')
}

function seedsText({ campaign, stoppedOf }: CampaignFacts): string {
  const seeds = campaign.seeds.toLocaleString('en-GB')
  return stoppedOf === undefined ? seeds : `${seeds} of ${stoppedOf.toLocaleString('en-GB')}, then stopped`
}

function commandsText({ commands, decided }: Campaign): string {
  const { sent, refused, turnedDown } = commands
  return [
    `${sent.toLocaleString('en-GB')} sent`,
    ...(refused > 0 ? [`${refused.toLocaleString('en-GB')} refused`] : []),
    ...(turnedDown > 0 ? [`${turnedDown.toLocaleString('en-GB')} turned down as no commands`] : []),
    `${decided.toLocaleString('en-GB')} events said`
  ].join(', ')
}

/** What a person reads of a campaign. */
export function campaignLines(facts: CampaignFacts, terminal: Terminal): readonly string[] {
  const { campaign, system, drifts, reached, reachable, tookMs, jobs } = facts
  // Of one seed, what did not happen says nothing.
  const told = facts.possible.filter((kind) => campaign.seeds > 1 || campaign.fired[kind])
  const faults = told.map((kind) => [
    kind,
    (campaign.fired[kind] ?? 0).toLocaleString('en-GB'),
    faultClasses[kind]
  ])
  const kinds = trialKinds.flatMap((kind) =>
    campaign.kinds[kind] ? [`${campaign.kinds[kind]} ${kind}`] : []
  )
  return [
    ...labelled([
      ['system', system],
      ['seeds', `${seedsText(facts)} (${kinds.join(', ')})`],
      [
        'worlds',
        `${campaign.worlds.toLocaleString('en-GB')} in ${(tookMs / 1_000).toFixed(1)} s on ${counted(jobs, 'process', 'processes')}: ${worldsPerS(facts)}/s`
      ],
      ['commands', commandsText(campaign)],
      [
        'virtual',
        `${Math.round(campaign.virtualMs / 60_000).toLocaleString('en-GB')} min, ${campaign.happened.toLocaleString('en-GB')} happenings`
      ],
      ['reached', `${reached} of ${reachable} transitions, steps and kinds of fault`]
    ]),
    '',
    ...(told.length === 0
      ? ['no faults']
      : table([['fault', 'fired', 'what it is'], ...faults], terminal.columns, ['left', 'right', 'left'])),
    ...facts.leftOut.map((each) => terminal.paint('dim', `LEFT OUT  ${each}`)),
    ...drifts.map(({ seed }) =>
      terminal.paint('red', `DRIFT   seed ${seed} went another way when it was run again`)
    ),
    ...unreachedLines(facts, terminal),
    ...facts.shrunk.flatMap((failure) => failureLines(facts, failure, terminal)),
    ...facts.whole.flatMap((failure) => wholeLines(facts, failure, terminal)),
    '',
    lastLine(facts, terminal)
  ]
}

/** The same for a program. */
export function campaignDocument(facts: CampaignFacts): object {
  const { campaign, system, drifts, unreached, tookMs, jobs, stoppedOf, shrunk, whole, commit } = facts
  const { seeds, worlds, commands, decided, happened, virtualMs, fired, kinds } = campaign
  return {
    system,
    commit,
    seeds,
    stoppedOf,
    kinds,
    worlds,
    tookMs: Math.round(tookMs),
    jobs,
    worldsPerS: worldsPerS(facts),
    commands,
    events: decided,
    happened,
    virtualMs: Math.round(virtualMs),
    fired,
    unreached,
    leftOut: facts.leftOut,
    drifts,
    failures: [
      ...shrunk.map(({ trial, runs, file, diagram }) => ({
        oracle: trial.finding?.oracle,
        text: trial.finding?.text,
        seed: trial.seed,
        kind: trial.kind,
        commands: trial.commands,
        faults: trial.fired,
        runs,
        test: file,
        replay: replayLine(facts, trial),
        diagram
      })),
      ...whole.map(({ summary, isGone }) => ({
        ...summary.finding,
        seed: summary.seed,
        kind: summary.kind,
        replay: replayLine(facts, summary),
        isGone
      }))
    ]
  }
}
