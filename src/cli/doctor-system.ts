import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { checkSqliteFile, sqliteCopy } from '../adapters/sqlite/index.ts'
import { type FailureCode, toFailure } from '../core/index.ts'
import type { ServiceCheck, ServiceRow } from '../gateway/index.ts'
import type { StoreMark } from '../ports/index.ts'
import type { ServiceStatus } from '../runtime/index.ts'
import type { AdminClient } from './admin-client.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { awayText, deadCount } from './inspect-text.ts'
import { filesProfile } from './profile.ts'
import { nobodyWhereTold } from './running-place.ts'
import { profileIn } from './service-place.ts'
import { takenServices } from './services-apart.ts'
import { counted } from './table.ts'

interface SystemStatus {
  readonly system: string
  readonly services: readonly ServiceRow[]
}

interface SystemCheck {
  readonly services: readonly ServiceCheck[]
}

const mends: Readonly<Record<Exclude<ServiceStatus['state'], 'running'>, string>> = {
  'store-down':
    'see the log for the reason (a full disk, most often); work goes on by itself when it is mended',
  stopping: 'wait until it has stopped, then start it again',
  stopped: 'start it again: skerry run'
}

interface Unreached {
  readonly service: string
  readonly failure: string
  readonly code?: FailureCode
}

const restore = 'stop the system, keep its data as they are, and restore a copy; the log has the details'
/** What lags behind what was acknowledged is told as damage, too, and says itself what mends it. */
const damaged = `do as it says, or else ${restore}`

/** Where the data of services went that are no longer in the files of a run. */
type Gone = ReadonlyMap<string, string>

function unreached({ service, failure, code }: Unreached, gone: Gone): Finding {
  const text = awayText({ failure, code })
  if (code === 'ADMIN_REFUSED')
    return warning(
      service,
      text,
      'ask on its own machine: skerry doctor --url http://127.0.0.1:4001, with its port'
    )
  // It has stopped of itself, and so it would again.
  if (code === 'STORE_CORRUPT') return fault(service, text, damaged)
  if (code?.startsWith('STORE_') === true) return fault(service, text, mends['store-down'])
  const to = gone.get(service)
  const mend =
    to === undefined
      ? `start it: skerry run ${service} (a split run does that by itself; the log says how it ended), or mend its address`
      : `its data were moved to ${to}: stop the run, and start it with skerry run --profile ${profileIn(to) ?? 'NAME'}; if that is how it runs, see the log of ${service}`
  return fault(service, text, mend)
}

function findingsOf(
  status: ServiceRow,
  { problems, failure, code }: Omit<ServiceCheck, 'service'>,
  gone: Gone
): readonly Finding[] {
  const faults = problems.map((problem) => fault(status.service, problem, restore))
  if (status.state === 'unreachable') return faults.length > 0 ? faults : [unreached(status, gone)]
  const { service, state, published, rebuilds } = status
  if (failure !== undefined)
    return [unreached({ service, failure, ...(code === undefined ? {} : { code }) }, gone)]
  const dead = deadCount(status)
  return [
    ...(state === 'running' ? [] : [fault(service, `is ${state}`, mends[state])]),
    ...faults,
    ...(dead === 0 ? [] : [warning(service, counted(dead, 'dead letter'), `skerry dlq list ${service}`)]),
    ...rebuilds
      .filter((one) => one.state === 'failed')
      .map(({ unit, failure }) =>
        fault(
          service,
          `the rebuild of ${unit} failed: ${failure}`,
          `skerry rebuild ${service}/${unit} --wait`
        )
      ),
    ...(state === 'running' && problems.length === 0
      ? [ok(service, `${counted(published, 'message')}, files and states are sound`)]
      : [])
  ]
}

/** Asks a running system to check itself; `directory` is where it has its files, if it is known. */
export async function checkRunning(client: AdminClient, directory?: string): Promise<readonly Finding[]> {
  try {
    const { system, services } = await client.get<SystemStatus>('/admin/status')
    const checked = await client.get<SystemCheck>('/admin/check')
    const checks = new Map(checked.services.map((check) => [check.service, check]))
    const isAway =
      services.some(({ state }) => state === 'unreachable') ||
      checked.services.some(({ failure }) => failure !== undefined)
    const gone: Gone = isAway && directory !== undefined ? goneFrom(await marksIn(directory)) : new Map()
    const found = services.flatMap((row) =>
      findingsOf(row, checks.get(row.service) ?? { problems: [] }, gone)
    )
    return [ok('system', `${system} runs at ${await client.where()}`), ...found]
  } catch (thrown) {
    const failure = toFailure(thrown)
    const mend =
      failure.code === 'SYSTEM_UNREACHABLE'
        ? 'see its log; kill -9 is safe, and skerry run starts it again'
        : 'see the log of the system'
    return [fault('system', failure.message, mend)]
  }
}

/** Whether the data of a file went elsewhere, or are on their way to it; where it cannot be read, that is found next. */
async function markOf(service: string, file: string): Promise<StoreMark> {
  const copy = sqliteCopy({ service, file })
  try {
    return await copy.mark()
  } catch {
    return { kind: 'store' }
  } finally {
    await copy.close()
  }
}

/** The mark of each file, in the order of their names. */
async function marksIn(directory: string): Promise<ReadonlyMap<string, StoreMark>> {
  let names: readonly string[] = []
  try {
    names = readdirSync(directory).filter((name) => name.endsWith('.db'))
  } catch {
    // Without a directory there are no files; that it is missing is another finding.
  }
  const marks = new Map<string, StoreMark>()
  for (const name of names.toSorted())
    marks.set(name, await markOf(basename(name, '.db'), join(directory, name)))
  return marks
}

function goneFrom(marks: ReadonlyMap<string, StoreMark>): Gone {
  const gone = [...marks].flatMap(([name, mark]) =>
    mark.kind === 'gone' ? [[basename(name, '.db'), mark.to] as const] : []
  )
  return new Map(gone)
}

async function checkFile(directory: string, name: string, mark: StoreMark): Promise<readonly Finding[]> {
  const [service, file] = [basename(name, '.db'), join(directory, name)]
  if (mark.kind === 'gone') return [ok(name, `its data are at ${mark.to} now`)]
  if (mark.kind === 'arriving')
    return [
      warning(name, `its data are on their way here from ${mark.from}`, 'run the same skerry move again')
    ]
  const problems = checkSqliteFile({ service, file })
  if (problems.length === 0) return [ok(name, 'sound')]
  return problems.map((problem) => fault(name, problem, `keep ${file} as it is, and put a copy in its place`))
}

/** Without a profile that leads there, a run finds that the data of these are gone, and ends. */
function goneFindings(marks: ReadonlyMap<string, StoreMark>): readonly Finding[] {
  const gone = goneFrom(marks)
  if (gone.size === 0) return []
  const services = [...gone.keys()].join(', ')
  const profiles = new Set([...gone.values()].map((to) => profileIn(to) ?? 'NAME'))
  const lines = [...profiles].map((profile) => `skerry run --profile ${profile}`)
  return [
    warning(
      'system',
      `does not run without a profile: the data of ${services} were moved`,
      lines.join(', or ')
    )
  ]
}

/** Where a system is that no run of the whole has. */
export interface FilesPlace {
  readonly directory: string
  /** With which it would run. */
  readonly profile: string | undefined
  /** Whether something says where its services run, and they are not there. */
  readonly isTold: boolean
}

function stateOf({ directory, isTold }: FilesPlace, isEmpty: boolean): Finding {
  const apart = takenServices(directory)
  if (apart.length > 0)
    return warning(
      'system',
      `does not run as a whole, but ${apart.join(', ')} ${apart.length === 1 ? 'runs' : 'run'}: ${isTold ? nobodyWhereTold : 'where, nobody says'}`,
      'skerry doctor --url http://127.0.0.1:4001, with the address of such a process, or all of them in SKERRY_URLS'
    )
  return ok('system', isEmpty ? 'does not run, and has no data yet' : 'does not run')
}

/** Reads the database files of a system that does not run, and would with this profile. */
export async function checkFiles(place: FilesPlace): Promise<readonly Finding[]> {
  const { directory, profile } = place
  const marks = await marksIn(directory)
  const found: Finding[] = []
  for (const [name, mark] of marks) found.push(...(await checkFile(directory, name, mark)))
  const state = stateOf(place, marks.size === 0)
  const inFiles = profile === undefined || profile === filesProfile
  return [state, ...(inFiles ? goneFindings(marks) : []), ...found]
}
