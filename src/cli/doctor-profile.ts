import { systemClock, systemIds } from '../adapters/node/index.ts'
import type { PostgresReadiness } from '../adapters/postgres/index.ts'
import { type Failure, toFailure } from '../core/index.ts'
import type { Call } from './call.ts'
import type { Config } from './config.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { leftBehind, leftWords, moveLine } from './left-in-files.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { brokerReadiness } from './open-bus.ts'
import { openBoard } from './open-discovery.ts'
import { storeReadiness } from './open-store.ts'
import { type BoardPlace, type BusPlace, type ChosenProfile, chosenProfile } from './profile.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import { silentLog } from './silent-log.ts'

const isSaid: ReadonlySet<string> = new Set(['STORE_GUARANTEE', 'STORE_MOVED', 'CONFIG_INVALID'])

/** What mends a failure of a server, where its own message does not say it. */
function mendOf(failure: Failure, otherwise: string): string {
  return isSaid.has(failure.code) ? 'do as it says' : otherwise
}

const states: Readonly<Record<PostgresReadiness['found'], string>> = {
  nothing: 'the first run makes the schema',
  empty: 'the first run makes the tables',
  made: 'is ready'
}

async function checkStore(service: string, { storeOf }: ChosenProfile): Promise<Finding | undefined> {
  const place = storeOf(service)
  if (place.kind === 'sqlite') return undefined
  try {
    const { found, version, known } = await storeReadiness(service, place)
    const older =
      found === 'made' && version < known ? `, from version ${version} to ${known} at its next start` : ''
    return ok(service, `PostgreSQL, schema ${place.schema ?? service}: ${states[found]}${older}`)
  } catch (thrown) {
    const failure = toFailure(thrown)
    return fault(
      service,
      failure.message,
      mendOf(
        failure,
        'start the server, or mend the address, role and password in the profile: skerry up shows one'
      )
    )
  }
}

async function checkBus(place: BusPlace, services: readonly string[]): Promise<Finding | undefined> {
  if (place.kind === 'feeds') return undefined
  try {
    await brokerReadiness(place, { services, clock: systemClock(), ids: systemIds(), log: silentLog })
    return ok(
      'bus',
      place.kind === 'nats' ? 'NATS answers, and keeps the stream' : 'Kafka answers, and has the topics'
    )
  } catch (thrown) {
    const failure = toFailure(thrown)
    return fault(
      'bus',
      failure.message,
      mendOf(
        failure,
        'start the broker, or mend its address in the profile: services run without it, but hear later'
      )
    )
  }
}

async function checkDiscovery(service: string, place: BoardPlace): Promise<Finding | undefined> {
  try {
    const board = await openBoard(place)
    try {
      await board.read()
    } finally {
      await board.close()
    }
    return undefined
  } catch (thrown) {
    const failure = toFailure(thrown)
    return fault(
      'discovery',
      `${service}: ${failure.message}`,
      mendOf(
        failure,
        'start the server, or mend its address in the profile: services that run apart would not find each other'
      )
    )
  }
}

/** One finding for all services that find the others, and one for each that does not. */
async function checkBoards(
  { discoveryOf }: ChosenProfile,
  services: readonly string[]
): Promise<readonly Finding[]> {
  const placed = services.flatMap((service) => {
    const place = discoveryOf(service)
    return place.kind === 'addresses' ? [] : [{ service, place }]
  })
  if (placed.length === 0) return []
  const found = await Promise.all(placed.map(({ service, place }) => checkDiscovery(service, place)))
  const faults = found.filter((one) => one !== undefined)
  return faults.length > 0 ? faults : [ok('discovery', 'every service finds the others')]
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
  const found = await Promise.all([
    ...services.map((service) => checkStore(service, profile)),
    checkBus(profile.bus, services)
  ])
  const boards = await checkBoards(profile, services)
  const left = await checkLeft(call, profile, services)
  return [ok('profile', name), ...found.filter((one) => one !== undefined), ...boards, ...left]
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
