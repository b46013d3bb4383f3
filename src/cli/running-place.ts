import { Failure } from '../core/index.ts'
import type { Call } from './call.ts'
import { isLocked } from './directory-lock.ts'
import { type RunRecord, readRunRecord } from './run-record.ts'
import { dataDirectory } from './run-setting.ts'
import { answering, apartHint, frontOf, takenServices, toldApart } from './services-apart.ts'
import { shownPath } from './shown-path.ts'

const urlExample = 'http://127.0.0.1:4000'

function unreachable(hint: string): Failure {
  return new Failure('SYSTEM_UNREACHABLE', { hint })
}

/** What to do where nothing runs. */
export const startIt = `start it with 'skerry run', or say where it runs with --url or --data.`

/** What is known of services where it is told where they are, but they are not. */
export const nobodyWhereTold = 'nobody answers where SKERRY_URLS or the discovery of the profile says'

/** Where a system can be asked. */
export interface RunningPlace {
  readonly url: string
  /** The process that said so. */
  readonly pid?: number
  /** Where it runs, for people. */
  readonly where: string
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '') return url.origin
  throw new Failure('USAGE_INVALID', { hint: `--url is '${text}', but it looks like ${urlExample}.` })
}

/** Whether a process has the directory; taken to be so where that cannot be found out. */
function isTaken(directory: string): boolean {
  try {
    return isLocked(directory)
  } catch {
    return true
  }
}

/**
 * Services that were started one by one, asked like one system for as long as the command takes; `nobody` where none of
 * them answers, `undefined` where nothing says where they are. Fails as what says it.
 */
export async function placeApart(call: Call): Promise<RunningPlace | 'nobody' | undefined> {
  const told = await toldApart(call)
  if (!told) return undefined
  const there = await answering(told.urls)
  if (there.length === 0) return 'nobody'
  const front = await frontOf(told)
  call.onEnd(front.close)
  return { url: front.url, where: there.join(', ') }
}

function nothingRuns(directory: string, record: RunRecord | undefined, isTold: boolean): Failure {
  const shown = shownPath(directory)
  const apart = takenServices(directory)
  const run = apart.length === 1 ? 'runs' : 'run'
  if (isTold && apart.length > 0)
    return unreachable(
      `${apart.join(', ')} ${run} on ${shown}, but ${nobodyWhereTold}: mend that, or ask one at a time with --url http://127.0.0.1:4001.`
    )
  if (isTold) return unreachable(`Nothing runs on ${shown}, and ${nobodyWhereTold}: ${startIt}`)
  if (apart.length > 0)
    return unreachable(
      `No run of the whole is on ${shown}, but ${apart.join(', ')} ${run} there. ${apartHint}`
    )
  if (record) return unreachable(`Process ${record.pid}, which ran it at ${record.url}, is gone: ${startIt}`)
  return unreachable(`Nothing runs on ${shown}: ${startIt} ${apartHint}`)
}

/**
 * Where the system is that a command is about: at `--url`, or on the data directory, or in processes that were started
 * one by one. Fails with `SYSTEM_UNREACHABLE` when there is none: what listens at the last address of a run by then, or
 * at an address that many systems have, is another system.
 */
export async function runningPlace(call: Call): Promise<RunningPlace> {
  const named = call.text('url')
  if (named !== undefined) {
    const url = addressOf(named)
    return { url, where: url }
  }
  const directory = dataDirectory(call)
  const record = readRunRecord(directory)
  if (isTaken(directory)) {
    if (record) return { url: record.url, pid: record.pid, where: record.url }
    throw unreachable(
      `A process has ${shownPath(directory)}, but has not said where it listens: try again, or say where with --url.`
    )
  }
  const apart = await placeApart(call)
  if (typeof apart === 'object') return apart
  throw nothingRuns(directory, record, apart === 'nobody')
}
