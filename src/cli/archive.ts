import { resolve } from 'node:path'
import { Failure, listenersOf, machineRevisions } from '../core/index.ts'
import type { ArchivedRange, LogNeeds, LogRange } from '../ports/index.ts'
import type { Call } from './call.ts'
import type { Config } from './config.ts'
import { type OpenedRetention, withRetention } from './open-retention.ts'
import { operator } from './operator.ts'
import { checkSource, checkTarget } from './range-directory.ts'
import { rowsFile } from './range-files.ts'
import { shownPath } from './shown-path.ts'
import { type ArchivePlan, archivePlan, archiveRange, restoreRange } from './store-archive.ts'
import { counted, table } from './table.ts'

function dateMs(call: Call): number | undefined {
  const text = call.text('before')
  if (text === undefined) return undefined
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
  const ms = isDate ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  const hint = `--before is '${text}', but it is a date such as 2026-01-31 or 2026-01-31T12:00:00Z.`
  throw new Failure('USAGE_INVALID', { hint })
}

function dayOf(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString().slice(0, 10)
}

function rangeName({ first, last }: { readonly first: number; readonly last: number }): string {
  return `${first} to ${last}`
}

const megabyte = 1_000_000

function planLines({ leaving, kept }: ArchivePlan, columns: number): readonly string[] {
  const rows = leaving.map((range) => [
    rangeName(range),
    range.rows.toLocaleString('en-GB'),
    `${Math.ceil(range.bytes / megabyte).toLocaleString('en-GB')} MB`,
    dayOf(range.firstMs),
    dayOf(range.lastMs)
  ])
  const head = ['positions', 'rows', 'size', 'from', 'to']
  return [
    ...(rows.length > 0 ? table([head, ...rows], columns, ['left', 'right', 'right']) : []),
    ...(kept ? [`${rangeName(kept)} stays: ${kept.reasons.join(' ')}`] : [])
  ]
}

function totalOf(ranges: readonly { readonly rows: number }[]): string {
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0)
  return `${counted(ranges.length, 'range')} with ${counted(rows, 'row')}`
}

/** What the config knows of who needs the log of a service. */
function needsOf(service: string, { system }: Config): LogNeeds {
  const definition = system.services.get(service)
  return {
    machines: definition ? machineRevisions(definition) : new Map(),
    readers: listenersOf(system, service)
  }
}

async function archived(
  call: Call,
  { service, store, retention, config, place }: OpenedRetention,
  directory: string
): Promise<void> {
  const { terminal } = call
  checkTarget(directory)
  const logNeeds = needsOf(service, config)
  const plan = await archivePlan(retention, logNeeds, dateMs(call))
  const isDone = call.flag('yes')
  const say = (text: string): void => {
    if (!call.json) terminal.out(text)
  }
  for (const line of planLines(plan, terminal.columns)) say(line)
  const done: ArchivedRange[] = []
  const tell = (step: string, range: LogRange): void =>
    terminal.progress(`${rangeName(range)}: ${step === 'writing' ? 'copying' : 'compared'}`)
  const needs = { store, retention, directory, logNeeds, by: operator(call), tell }
  for (const range of isDone ? plan.leaving : []) {
    const one = await archiveRange(needs, range)
    done.push(one)
    say(`archived  ${rangeName(one)}  ${shownPath(directory)}/${rowsFile(service, one)}  sha256 ${one.hash}`)
  }
  const to = shownPath(directory)
  if (call.json) {
    const ranges = isDone ? done : plan.leaving
    terminal.out(
      JSON.stringify({ service, place, to: directory, done: isDone, ranges, kept: plan.kept ?? null })
    )
  } else if (plan.leaving.length === 0) say(`Nothing of ${service} can be archived now.`)
  else if (isDone) say(`${totalOf(done)} of ${service} are in ${to} and no longer in its log.`)
  else say(`${totalOf(plan.leaving)} would go to ${to}. Nothing is changed: --yes does it.`)
}

async function restored(
  call: Call,
  { service, store, retention, place }: OpenedRetention,
  directory: string
): Promise<void> {
  const { terminal } = call
  const ranges = (await retention.archived()).toReversed()
  checkSource(directory, service, ranges)
  const isDone = call.flag('yes')
  const say = (text: string): void => {
    if (!call.json) terminal.out(text)
  }
  const from = shownPath(directory)
  for (const range of isDone ? ranges : []) {
    terminal.progress(`${rangeName(range)}: putting back`)
    await restoreRange({ store, retention, directory, by: operator(call) }, range)
    say(`restored  ${rangeName(range)}  ${counted(range.rows, 'row')}  sha256 ${range.hash}`)
  }
  if (call.json) terminal.out(JSON.stringify({ service, place, from: directory, done: isDone, ranges }))
  else if (ranges.length === 0) say(`Nothing of ${service} is archived.`)
  else if (isDone) say(`The log of ${service} begins at 1 again. The files in ${from} are left as they are.`)
  else {
    for (const range of ranges) say(`${rangeName(range)}  ${from}/${rowsFile(service, range)}`)
    say(`${totalOf(ranges)} would be put back. Nothing is changed: --yes does it.`)
  }
}

/** `skerry archive`: what leaves the log, or comes back to it; does it with `--yes`. */
export async function archive(call: Call): Promise<number> {
  const [service = ''] = call.words
  const [to, from] = [call.text('to'), call.text('restore')]
  if ((to === undefined) === (from === undefined))
    throw new Failure('USAGE_INVALID', {
      hint: `Say where the files are: skerry archive ${service} --to DIR, or --restore DIR to put them back.`
    })
  if (from !== undefined && call.text('before') !== undefined)
    throw new Failure('USAGE_INVALID', { hint: '--before is for --to: all that was archived is put back.' })
  dateMs(call)
  const directory = resolve(to ?? from ?? '')
  await withRetention(call, (opened) =>
    to === undefined ? restored(call, opened, directory) : archived(call, opened, directory)
  )
  return 0
}
