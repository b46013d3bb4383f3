import { mkdirSync } from 'node:fs'
import { Failure } from '../core/index.ts'
import type { StoreCopy, StoreTable } from '../ports/index.ts'
import type { Call } from './call.ts'
import { isLocked } from './directory-lock.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { storeCopy } from './open-store.ts'
import { type ChosenProfile, chosenProfile, filesProfile, type StorePlace } from './profile.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import { checkService, describedPlace } from './service-place.ts'
import { shownPath } from './shown-path.ts'
import { type MoveNews, type MoveReport, moveStore } from './store-move.ts'
import { counted } from './table.ts'

function isSamePlace(one: StorePlace, other: StorePlace, service: string): boolean {
  if (one.kind !== 'postgres' || other.kind !== 'postgres') return one.kind === other.kind
  const place = ({ url, schema = service }: typeof one): string => JSON.stringify([url, schema])
  return place(one) === place(other)
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

const names: Readonly<Record<Exclude<StoreTable, 'number'>, readonly [one: string, many: string]>> = {
  state: ['state', 'states'],
  checkpoint: ['checkpoint', 'checkpoints'],
  timer: ['timer', 'timers'],
  parked: ['parked message', 'parked messages'],
  answer: ['answer', 'answers'],
  audit: ['note of the audit', 'notes of the audit'],
  generation: ['generation', 'generations'],
  row: ['row of projections', 'rows of projections']
}

function recordsLine({ records }: MoveReport): string {
  return Object.entries(names)
    .map(([table, [one, many]]) => [records.get(table as StoreTable) ?? 0, one, many] as const)
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => counted(count, one, many))
    .join(', ')
}

function teller(service: string, { terminal, json }: Call): (news: MoveNews) => void {
  const say = (text: string): void => {
    if (!json) terminal.out(text)
  }
  return (news) => {
    switch (news.kind) {
      case 'copying':
        return terminal.progress(`${counted(news.rows, 'row')} of the log copied and compared`)
      case 'caught-up':
        return say(`log       ${counted(news.rows, 'row')} copied and compared in ${seconds(news.ms)}`)
      case 'waiting': {
        const text = `running   stop ${service} now; its log is followed until then`
        // Whoever waits for the document does not stop it by that.
        return json ? terminal.err(text) : terminal.out(text)
      }
      case 'held':
        return terminal.progress(`${service} stands still; the rest is copied`)
      case 'differed':
        return say(`differs   ${news.why} What was at the target is copied anew.`)
    }
  }
}

function reportLines(report: MoveReport, service: string, to: string): readonly string[] {
  switch (report.outcome) {
    case 'there':
      return [`${service} is at ${to} already.`]
    case 'ended':
      return [`${service} is at ${to} now: all of it was copied and compared before, and this ended it.`]
    case 'moved':
      return [
        `records   ${recordsLine(report)}`,
        `verified  sha256 ${report.hash} on both sides`,
        `away      ${seconds(report.awayMs)} without commands`,
        `${service} is at ${to} now.`
      ]
  }
}

interface Moved {
  readonly service: string
  readonly from: ChosenProfile
  readonly to: ChosenProfile
  readonly directory: string
}

/** What the two places are called: in the mark that is left, and to programs. */
function placesOf({ service, from, to, directory }: Moved): { readonly from: string; readonly to: string } {
  return {
    from: describedPlace(from, service, directory),
    to: describedPlace(to, service, directory)
  }
}

async function moved(
  call: Call,
  { service, from, to, directory }: Moved,
  copies: StoreCopy[]
): Promise<MoveReport> {
  const [source, target] = [
    await storeCopy(from, directory, service),
    await storeCopy(to, directory, service)
  ]
  copies.push(source, target)
  const places = placesOf({ service, from, to, directory })
  return moveStore({ source, target, ...places }, teller(service, call))
}

/** Whether the data of a service are there; a place that cannot be looked at is no news about the move that was made. */
async function isStore(from: ChosenProfile, directory: string, service: string): Promise<boolean> {
  try {
    const source = await storeCopy(from, directory, service)
    try {
      return (await source.mark()).kind === 'store'
    } finally {
      await source.close()
    }
  } catch {
    return false
  }
}

/** Those that are elsewhere in the other profile and still where they were. */
async function notYetMoved(
  { service, from, to, directory }: Moved,
  services: readonly string[]
): Promise<readonly string[]> {
  const left: string[] = []
  for (const other of services) {
    if (other === service || isSamePlace(from.storeOf(other), to.storeOf(other), other)) continue
    if (await isStore(from, directory, other)) left.push(other)
  }
  return left
}

function tell({ terminal, json }: Call, move: Moved, report: MoveReport, left: readonly string[]): void {
  const { service, to, directory } = move
  if (json) {
    const { records, ...rest } = report
    const document = { service, ...placesOf(move), ...rest, records: Object.fromEntries(records) }
    terminal.out(JSON.stringify({ ...document, notMoved: left }))
    return
  }
  const lines = [...reportLines(report, service, describedPlace(to, service, shownPath(directory)))]
  if (left.length > 0) lines.push(`Not moved yet: ${left.join(', ')}; move them, too, before you run it.`)
  if (isLocked(directory))
    lines.push(
      `What runs in ${shownPath(directory)} has ${service} no longer: stop it, and start it with skerry run --profile ${to.name ?? filesProfile}.`
    )
  terminal.out(lines.join('\n'))
}

/** `skerry move`: gives 0 when the data are at their new place, and nowhere else. */
export async function move(call: Call): Promise<number> {
  const [service = ''] = call.words
  const wanted = call.text('to')
  if (wanted === undefined)
    throw new Failure('USAGE_INVALID', { hint: `Say where to: skerry move ${service} --to PROFILE` })
  const directory = dataDirectory(call)
  mkdirSync(directory, { recursive: true })
  return lookedAtConfig(call, async (config) => {
    checkService(service, config)
    const { profiles, system } = config
    const from = chosenProfile(profiles, profileName(call), system)
    const to = chosenProfile(profiles, wanted, system)
    if (isSamePlace(from.storeOf(service), to.storeOf(service), service))
      throw new Failure('USAGE_INVALID', {
        hint: `${service} is at ${describedPlace(from, service, directory)}, which is where it is in the profile '${wanted}', too.`
      })
    const here: Moved = { service, from, to, directory }
    const copies: StoreCopy[] = []
    let report: MoveReport
    try {
      report = await moved(call, here, copies)
    } finally {
      for (const copy of copies) await copy.close()
    }
    tell(call, here, report, await notYetMoved(here, [...system.services.keys()]))
    return 0
  })
}
