import { Failure } from '../../core/index.ts'
import type { NatsConnection, NatsStreamConfig, NatsStreamManager } from './connection.ts'
import type { NatsBusSettings } from './options.ts'

const nanosPerMs = 1_000_000
const duplicateWindowMaxMs = 120_000
const streamNotFound = 10_059
// What a server may answer differently in a while: no peers or no leader yet, resources just in use.
const passing = new Set([10_005, 10_008, 10_009, 10_023])

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code

// A request that was not let through fails with the refusal of the server as its cause.
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'PermissionViolationError' || isRefusal(error.cause)
}

function configOf(settings: NatsBusSettings): NatsStreamConfig {
  const { prefix, stream, storage, replicas, keptMaxMs, keptMaxBytes } = settings
  return {
    name: stream,
    subjects: [`${prefix}.>`],
    retention: 'limits',
    discard: 'old',
    storage,
    num_replicas: replicas,
    max_age: keptMaxMs * nanosPerMs,
    max_bytes: keptMaxBytes,
    duplicate_window: Math.min(duplicateWindowMaxMs, keptMaxMs) * nanosPerMs,
    description: 'The newest rows of the logs of a Skerry system. Nothing is lost with it.'
  }
}

function serverOf(connection: NatsConnection): string {
  return connection.info?.server_name ?? 'the NATS server'
}

/** The failure for what a server answered in place of the stream. */
function failureOf(error: unknown, settings: NatsBusSettings): Failure {
  const server = serverOf(settings.connection)
  const reason = error instanceof Error ? error : new Error(String(error))
  if (reason.name === 'JetStreamNotEnabled')
    return new Failure(
      'BUS_GUARANTEE',
      {
        server,
        hint: `JetStream is off at ${server}: start it with -js or a 'jetstream' block, and enable it for this account.`
      },
      error
    )
  if (isRefusal(error))
    return new Failure(
      'BUS_GUARANTEE',
      { server, hint: `${server} does not let this user ask for streams: allow '$JS.API.>'.` },
      error
    )
  const code = codeOf(error)
  if (typeof code === 'number' && !passing.has(code))
    return new Failure(
      'BUS_GUARANTEE',
      {
        server,
        stream: settings.stream,
        hint: `${server} refused the stream '${settings.stream}': ${reason.message}.`
      },
      error
    )
  return new Failure(
    'BUS_UNAVAILABLE',
    { server, stream: settings.stream, hint: `${server} did not answer for the stream: ${reason.message}.` },
    error
  )
}

/** What was found: the stream as wanted, one that is kept otherwise, or one that had to be created. */
export interface FoundStream {
  readonly created: boolean
  /** What differs from the settings, in words. */
  readonly differs: readonly string[]
}

async function found(manager: NatsStreamManager, wanted: NatsStreamConfig): Promise<FoundStream | undefined> {
  try {
    const { config } = await manager.streams.info(wanted.name)
    if (!config.subjects.includes(wanted.subjects[0] ?? ''))
      throw new Failure('BUS_GUARANTEE', {
        stream: wanted.name,
        subjects: config.subjects,
        hint: `The stream '${wanted.name}' belongs to something else: it has ${config.subjects.join(', ')} and not ${wanted.subjects.join()}. Set 'stream' to another name.`
      })
    const keys = ['storage', 'num_replicas', 'max_age', 'max_bytes'] as const
    const differs = keys
      .filter((key) => config[key] !== wanted[key])
      .map((key) => `${key} is ${config[key]}, not ${wanted[key]}`)
    return { created: false, differs }
  } catch (error) {
    if (codeOf(error) === streamNotFound) return undefined
    throw error
  }
}

/** Whether the stream is there; nothing is made. Fails as `ensureStream` does. */
export async function hasStream(settings: NatsBusSettings): Promise<boolean> {
  try {
    return (await found(await settings.manager(), configOf(settings))) !== undefined
  } catch (error) {
    throw error instanceof Failure ? error : failureOf(error, settings)
  }
}

/**
 * Makes sure that the stream is there: creates it when it is missing, and leaves one that is there as it is. Fails with
 * `BUS_GUARANTEE` when the server will never give it, with `BUS_UNAVAILABLE` when it does not answer now.
 */
export async function ensureStream(settings: NatsBusSettings): Promise<FoundStream> {
  const wanted = configOf(settings)
  try {
    const manager = await settings.manager()
    const there = await found(manager, wanted)
    if (there) return there
    await manager.streams.add(wanted)
    return { created: true, differs: [] }
  } catch (error) {
    throw error instanceof Failure ? error : failureOf(error, settings)
  }
}
