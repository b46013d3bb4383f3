import { join } from 'node:path'
import { sqliteCopy } from '../adapters/sqlite/index.ts'
import { Failure } from '../core/index.ts'
import { checkMark, type RecordOf, type StoreMark, type StoreReader } from '../ports/index.ts'
import type { Call } from './call.ts'
import { storeCopy } from './open-store.ts'
import type { ChosenProfile } from './profile.ts'
import { isMovedTo, withProfile } from './service-place.ts'
import { shownPath } from './shown-path.ts'
import { counted } from './table.ts'

/** A service that begins with nothing, though a file has what it said in another profile. */
export interface LeftInFile {
  readonly service: string
  readonly file: string
  readonly events: number
}

/** What of a system stayed in its files, and what went from there to the places of a profile. */
export interface LeftBehind {
  readonly left: readonly LeftInFile[]
  readonly moved: readonly string[]
  /** Services that have data in files again: the places of the profile say that they went. */
  readonly gone: readonly { readonly service: string; readonly mark: StoreMark }[]
}

/** What a place keeps of a service. */
interface Kept {
  readonly mark: StoreMark
  readonly events: number
  /** Whether anything was ever done there, also by a service that says nothing itself. */
  readonly isUsed: boolean
}

async function hasRecords(copy: StoreReader): Promise<boolean> {
  for (const table of ['state', 'timer', 'parked', 'answer', 'audit', 'row'] as const)
    if ((await copy.page(table, undefined, 1)).length > 0) return true
  const checkpoints = (await copy.page('checkpoint', undefined, 1_000)) as readonly RecordOf<'checkpoint'>[]
  return checkpoints.some(({ position }) => position > 0)
}

/** Fails when the place cannot be looked at; a store that cannot be read is one that was used. */
async function keptAt(copy: StoreReader): Promise<Kept> {
  const mark = await copy.mark()
  if (mark.kind !== 'store') return { mark, events: 0, isUsed: false }
  try {
    const events = (await copy.heads()).reduce((all, head) => all + head, 0)
    return { mark, events, isUsed: events > 0 || (await hasRecords(copy)) }
  } catch {
    return { mark, events: 0, isUsed: true }
  }
}

const isMoved = ({ kind }: StoreMark): boolean => kind === 'arriving' || kind === 'gone'

const nothing: Kept = { mark: { kind: 'nothing' }, events: 0, isUsed: false }

async function keptInFile(service: string, file: string): Promise<Kept> {
  const copy = sqliteCopy({ service, file })
  try {
    return await keptAt(copy)
  } catch {
    // What is no store of this service is nothing that it could have begun with.
    return nothing
  } finally {
    await copy.close()
  }
}

async function keptInProfile(profile: ChosenProfile, directory: string, service: string): Promise<Kept> {
  const copy = await storeCopy(profile, directory, service)
  try {
    return await keptAt(copy)
  } finally {
    await copy.close()
  }
}

/**
 * Looks which of these services would begin with nothing in a profile, though the data directory has a file with data of
 * them, and which of the system were moved there. Opens no store and changes nothing. Where services were moved, it
 * fails when a place cannot be looked at.
 */
export async function leftBehind(
  profile: ChosenProfile,
  directory: string,
  { all, run }: { readonly all: Iterable<string>; readonly run: readonly string[] }
): Promise<LeftBehind> {
  const moved: string[] = []
  const inFiles: (LeftInFile & Kept)[] = []
  for (const service of all) {
    if (profile.storeOf(service).kind === 'sqlite') continue
    const file = join(directory, `${service}.db`)
    const kept = await keptInFile(service, file)
    if (kept.mark.kind === 'gone' && isMovedTo(kept.mark.to, profile, service, directory)) moved.push(service)
    if (kept.isUsed && run.includes(service)) inFiles.push({ service, file, ...kept })
  }
  const left: LeftInFile[] = []
  const gone: LeftBehind['gone'][number][] = []
  for (const { service, file, events } of inFiles) {
    const there = await keptInProfile(profile, directory, service).catch((thrown: unknown) => {
      if (moved.length > 0) throw thrown
      return undefined
    })
    if (there?.mark.kind === 'gone') gone.push({ service, mark: there.mark })
    // A place that a move goes to, or came from, is not opened anyway, and that says more.
    if (there === undefined || isMoved(there.mark) || there.events > 0) continue
    if (events > 0 || !there.isUsed) left.push({ service, file, events })
  }
  return { left, moved, gone }
}

/** What a file has of a service, in words. */
export function leftWords({ file, events }: LeftInFile): string {
  return `${shownPath(file)} has ${events === 0 ? 'data' : counted(events, 'event')} of it`
}

/** The line that takes a service along, with the config and the directory of this call. */
export function moveLine(service: string, to: string, call: Call): string {
  const options = ['config', 'data'].flatMap((name) => {
    const value = call.text(name)
    return value === undefined ? [] : [` --${name} ${value}`]
  })
  return `skerry move ${service} --to ${to}${options.join('')}`
}

/**
 * Refuses to begin services beside one whose data went away again, and services with nothing beside others that were
 * moved: these have read what those never said there.
 */
export function checkLeftBehind({ left, moved, gone }: LeftBehind, profile: ChosenProfile, call: Call): void {
  try {
    for (const { service, mark } of gone) checkMark(mark, service, `The profile '${profile.name ?? ''}'`)
  } catch (thrown) {
    throw withProfile(thrown)
  }
  if (left.length === 0 || moved.length === 0) return
  const to = profile.name ?? ''
  const each = left.map((one) => `${one.service} would begin with nothing, though ${leftWords(one)}`)
  const lines = left.map(({ service }) => `\n  ${moveLine(service, to, call)}`)
  throw new Failure('STORE_MOVED', {
    hint: `Only ${moved.join(', ')} went to the profile '${to}'; ${each.join('; ')}. Nothing was begun. Move the rest, too:${lines.join('')}\nOr, if nobody needs what is in a file, take it (and those beside it that begin with its name) out of the directory: its service begins afresh.`,
    profile: to,
    left: left.map(({ service }) => service),
    moved
  })
}
