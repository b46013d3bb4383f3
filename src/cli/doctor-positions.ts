import type { SystemDefinition } from '../core/index.ts'
import type { RecordOf, StoreReader } from '../ports/index.ts'
import type { Call } from './call.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { storeCopy } from './open-store.ts'
import { type ChosenProfile, chosenProfile } from './profile.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import { counted } from './table.ts'

type CheckpointRecord = RecordOf<'checkpoint'>

const pageMax = 1_000

/** What a service says that it has taken of the logs of others. */
interface TakenBy {
  readonly service: string
  readonly checkpoints: readonly CheckpointRecord[]
}

/** The last position of each partition; where no store was ever made, whether it could only be there. */
type LogEnd = readonly number[] | 'missing' | 'perhaps elsewhere'

async function checkpointsOf(reader: StoreReader): Promise<readonly CheckpointRecord[]> {
  const all: CheckpointRecord[] = []
  for (;;) {
    const page = (await reader.page('checkpoint', all.at(-1), pageMax)) as readonly CheckpointRecord[]
    if (page.length === 0) return all
    all.push(...page)
  }
}

/** What cannot be looked at says nothing here; that it cannot is a finding of its own. */
async function orNothing<Value>(look: () => Promise<Value | undefined>): Promise<Value | undefined> {
  try {
    return await look()
  } catch {
    return undefined
  }
}

/** A checkpoint beyond the end of its log. */
interface Ahead {
  readonly service: string
  readonly checkpoint: CheckpointRecord
  readonly head: number
}

/** In each partition the one that is furthest ahead, the furthest of all first. */
function furthest(all: readonly Ahead[]): readonly Ahead[] {
  const byDistance = all.toSorted(
    (left, right) => right.checkpoint.position - right.head - (left.checkpoint.position - left.head)
  )
  const partitions = new Map<number, Ahead>()
  for (const one of byDistance)
    if (!partitions.has(one.checkpoint.partition)) partitions.set(one.checkpoint.partition, one)
  return [...partitions.values()]
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function aheadFinding(source: string, all: readonly Ahead[]): Finding {
  const worst = furthest(all)
  const missing = worst.reduce((sum, { checkpoint, head }) => sum + checkpoint.position - head, 0)
  const services = [...new Set(all.map(({ service }) => service))].toSorted()
  const [{ service, checkpoint, head }] = worst as readonly [Ahead]
  const { subscription, partition, position } = checkpoint
  const others = worst.length > 1 ? `, and so in ${counted(worst.length - 1, 'more partition')}` : ''
  const text = `is older than ${listed(services)}: its log lacks ${counted(missing, 'position')} that they have taken (${service}/${subscription} has taken ${source}:${partition}:${position}, but that log ends at ${head}${others})`
  const mend = `start nothing yet: give ${source} its newest data, or put all services back to the moment of this copy, or those who hear it would never hear what it says anew at these positions`
  return { ...fault(source, text, mend), services: [source, ...services] }
}

function missingFinding(
  source: string,
  all: readonly TakenBy[],
  end: Exclude<LogEnd, readonly number[]>
): Finding {
  const services = all.map(({ service }) => service)
  const text = `has no data here, but ${listed(services)} ${services.length === 1 ? 'has' : 'have'} taken messages of it`
  const unless = end === 'missing' ? '' : ', unless it runs with data elsewhere'
  const mend = `start nothing yet: give ${source} its data${unless}. It would begin at position 1, and they would not hear what it says`
  const finding = (end === 'missing' ? fault : warning)(source, text, mend)
  return { ...finding, services: [source, ...services] }
}

/**
 * Compares what services have taken of each other with the ends of the logs. One that others have taken something of, and
 * that has no data here, is a finding of its own; one whose data cannot be read, or are elsewhere now, is left out.
 */
function comparePositions(taken: readonly TakenBy[], ends: ReadonlyMap<string, LogEnd>): readonly Finding[] {
  const findings: Finding[] = []
  let compared = 0
  for (const [source, end] of ends) {
    const of = taken
      .filter(({ service }) => service !== source)
      .map(({ service, checkpoints }) => ({
        service,
        checkpoints: checkpoints.filter((one) => one.source === source && one.position > 0)
      }))
    const listening = of.filter(({ checkpoints }) => checkpoints.length > 0)
    if (listening.length === 0) continue
    if (typeof end === 'string') {
      findings.push(missingFinding(source, listening, end))
      continue
    }
    compared += listening.reduce((sum, { checkpoints }) => sum + checkpoints.length, 0)
    const ahead = listening.flatMap(({ service, checkpoints }) =>
      checkpoints
        .map((checkpoint) => ({ service, checkpoint, head: end[checkpoint.partition] ?? 0 }))
        .filter(({ checkpoint, head }) => checkpoint.position > head)
    )
    if (ahead.length > 0) findings.push(aheadFinding(source, ahead))
  }
  if (findings.length > 0 || compared === 0) return findings
  return [ok('positions', `no service is ahead of another: ${counted(compared, 'checkpoint')} compared`)]
}

async function lookedAt(
  system: SystemDefinition,
  profile: ChosenProfile,
  directory: string
): Promise<readonly Finding[]> {
  const readers: StoreReader[] = []
  try {
    for (const service of system.services.keys()) {
      const reader = await orNothing(() => storeCopy(profile, directory, service))
      if (reader) readers.push(reader)
    }
    const marks = new Map(
      await Promise.all(
        readers.map(async (reader) => [reader, await orNothing(() => reader.mark())] as const)
      )
    )
    const stores = readers.filter((reader) => marks.get(reader)?.kind === 'store')
    // First what was taken, then how far the logs are: whoever runs unseen meanwhile looks sound then.
    const taken = await Promise.all(
      stores.map(async (reader) => ({
        service: reader.service,
        checkpoints: (await orNothing(() => checkpointsOf(reader))) ?? []
      }))
    )
    const ends = new Map<string, LogEnd>()
    for (const reader of readers) {
      const { service } = reader
      const kind = marks.get(reader)?.kind
      // One without parts says what it says elsewhere.
      const isOwn = (system.services.get(service)?.units.size ?? 0) > 0
      const end = kind === 'store' ? await orNothing(() => reader.heads()) : undefined
      if (end) ends.set(service, end)
      else if (kind === 'nothing' && isOwn)
        ends.set(service, profile.storeOf(service).kind === 'sqlite' ? 'perhaps elsewhere' : 'missing')
    }
    return comparePositions(taken, ends)
  } finally {
    await Promise.all(readers.map((reader) => orNothing(() => reader.close())))
  }
}

/**
 * Reads the stores of a system that does not run, and compares how far each service has taken the logs of the others with
 * how far these go: one that was put back alone to an older copy is sound in itself. Changes nothing.
 */
export async function checkPositions(call: Call): Promise<readonly Finding[]> {
  // That the config or the profile cannot be used is found before.
  const found = await orNothing(() =>
    lookedAtConfig(call, ({ system, profiles }) =>
      lookedAt(system, chosenProfile(profiles, profileName(call), system), dataDirectory(call))
    )
  )
  return found ?? []
}
