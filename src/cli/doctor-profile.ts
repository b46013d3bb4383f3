import { systemClock, systemIds } from '../adapters/node/index.ts'
import type { PostgresReadiness } from '../adapters/postgres/index.ts'
import { toFailure } from '../core/index.ts'
import type { InstanceNotice } from '../ports/index.ts'
import type { Call } from './call.ts'
import type { Config } from './config.ts'
import { faultsOf, mendOf, type Trouble } from './doctor-causes.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { leftBehind, leftWords, moveLine } from './left-in-files.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { brokerReadiness } from './open-bus.ts'
import { postedInstances } from './open-discovery.ts'
import { storeReadiness } from './open-store.ts'
import { type BoardPlace, type ChosenProfile, chosenProfile } from './profile.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import { silentLog } from './silent-log.ts'

const states: Readonly<Record<PostgresReadiness['found'], string>> = {
  nothing: 'the first run makes the schema',
  empty: 'the first run makes the tables',
  made: 'is ready'
}

interface Looked {
  readonly findings: readonly Finding[]
  readonly troubles: readonly Trouble[]
}

const well = (...findings: readonly Finding[]): Looked => ({ findings, troubles: [] })

async function lookAtStore(service: string, { storeOf }: ChosenProfile): Promise<Looked> {
  const place = storeOf(service)
  if (place.kind === 'sqlite') return well()
  try {
    const { found, version, known } = await storeReadiness(service, place)
    const older =
      found === 'made' && version < known ? `, from version ${version} to ${known} at its next start` : ''
    return well(ok(service, `PostgreSQL, schema ${place.schema ?? service}: ${states[found]}${older}`))
  } catch (thrown) {
    return { findings: [], troubles: [{ service, url: place.url, failure: toFailure(thrown) }] }
  }
}

async function checkStores(profile: ChosenProfile, services: readonly string[]): Promise<readonly Finding[]> {
  const looked = await Promise.all(services.map((service) => lookAtStore(service, profile)))
  const mends = {
    profile: profile.name ?? '',
    otherwise: 'start the server, or mend the address, role and password in the profile: skerry up shows one'
  }
  const troubles = looked.flatMap((one) => one.troubles)
  return [...looked.flatMap(({ findings }) => findings), ...faultsOf('store', troubles, mends)]
}

/** What a broker has, in words. */
function brokerText(kind: 'nats' | 'kafka', missing: readonly string[]): string {
  const [name, has, one] =
    kind === 'nats'
      ? ['NATS', 'keeps the stream', 'the stream']
      : ['Kafka', 'has the topics', missing.length === 1 ? 'the topic' : 'the topics']
  if (missing.length === 0) return `${name} answers, and ${has}`
  return `${name} answers; ${one} ${missing.join(', ')} will be made at the first run`
}

async function checkBus(
  { bus: place, name = '' }: ChosenProfile,
  services: readonly string[]
): Promise<readonly Finding[]> {
  if (place.kind === 'feeds') return []
  try {
    const parts = { services, clock: systemClock(), ids: systemIds(), log: silentLog }
    return [ok('bus', brokerText(place.kind, await brokerReadiness(place, parts)))]
  } catch (thrown) {
    const failure = toFailure(thrown)
    const mend = `start it (skerry up --profile ${name} prints a compose file with one), or mend its address in the profile; services run without it, but hear later`
    return [fault('bus', failure.message, mendOf(failure, mend))]
  }
}

const undiscovered =
  'none in this profile: services that were started one by one are found by SKERRY_URLS or --url only'

async function lookAtBoard(
  service: string,
  place: BoardPlace
): Promise<readonly InstanceNotice[] | undefined | Trouble> {
  try {
    return await postedInstances(place)
  } catch (thrown) {
    const url = place.kind === 'postgres' ? place.url : undefined
    return { service, url, failure: toFailure(thrown) }
  }
}

/** Instances that say of themselves that they take no work; each once, though every service has read the same board. */
function unreadyFindings(
  notices: readonly InstanceNotice[],
  services: readonly string[]
): readonly Finding[] {
  const unready = notices.filter(({ service, isReady }) => !isReady && services.includes(service))
  const mend = 'see its log for the reason: most often it cannot reach its store. It comes back by itself'
  return [...new Map(unready.map((notice) => [`${notice.service} ${notice.url}`, notice])).values()].map(
    ({ service, url }) => warning(service, `the instance at ${url} takes no work`, mend)
  )
}

/** One finding when all services find the others, else one for each reason why they do not. */
async function checkBoards(
  { name = '', discoveryOf, storeOf }: ChosenProfile,
  services: readonly string[]
): Promise<readonly Finding[]> {
  const looked = await Promise.all(
    services.flatMap((service) => {
      const place = discoveryOf(service)
      return place.kind === 'addresses' ? [] : [lookAtBoard(service, place)]
    })
  )
  if (looked.length === 0)
    return services.every((service) => storeOf(service).kind === 'sqlite')
      ? []
      : [ok('discovery', undiscovered)]
  const otherwise =
    'start the server, or mend its address in the profile: services that run apart would not find each other'
  const faults = faultsOf(
    'discovery',
    looked.filter((one) => one !== undefined && 'failure' in one),
    { profile: name, otherwise }
  )
  if (faults.length > 0) return faults
  const boards = looked.flatMap((one) => (one === undefined || 'failure' in one ? [] : [one]))
  return boards.length === looked.length
    ? [ok('discovery', 'every service finds the others'), ...unreadyFindings(boards.flat(), services)]
    : [ok('discovery', 'NATS answers; the bucket of instances will be made at the first run')]
}

/** What a run with the profile would refuse, or would begin with nothing. */
async function checkLeft(
  call: Call,
  profile: ChosenProfile,
  services: readonly string[]
): Promise<readonly Finding[]> {
  try {
    const { left, moved } = await leftBehind(profile, dataDirectory(call), { all: services, run: services })
    return left.map((one) => {
      const line = moveLine(one.service, profile.name ?? '', call)
      const text = `begins with nothing in this profile, though ${leftWords(one)}`
      return moved.length === 0
        ? warning(one.service, text, line)
        : fault(one.service, `${text}, and ${moved.join(', ')} went there: skerry run refuses`, line)
    })
  } catch {
    // That a place cannot be looked at is a finding of its own.
    return []
  }
}

async function findings(call: Call, { profiles, system }: Config, name: string): Promise<readonly Finding[]> {
  const services = [...system.services.keys()]
  const profile = chosenProfile(profiles, name, system)
  const [stores, bus] = await Promise.all([checkStores(profile, services), checkBus(profile, services)])
  const boards = await checkBoards(profile, services)
  const left = await checkLeft(call, profile, services)
  return [ok('profile', name), ...stores, ...bus, ...boards, ...left]
}

/** Whether the servers of the chosen profile are there and do; nothing when none is chosen. */
export async function checkProfile(call: Call): Promise<readonly Finding[]> {
  const name = profileName(call)
  if (name === undefined) return []
  try {
    return await lookedAtConfig(call, (config) => findings(call, config, name))
  } catch (thrown) {
    return [
      fault('profile', toFailure(thrown).message, 'mend the profile; skerry run would fail as this does')
    ]
  }
}
