import { Failure } from '../../core/index.ts'
import { errorNames, isUnknownTopic, words } from './driver-errors.ts'
import { type KafkaBusSettings, topicOf } from './options.ts'

/** The topic of a service, as it is. */
export interface FoundTopic {
  readonly topic: string
  readonly partitions: number
  /** How large one batch of messages may be. */
  readonly batchMaxBytes: number
  readonly created: boolean
  /** What differs from the settings, in words. */
  readonly differs: readonly string[]
}

const settleTries = 50
const settlePauseMs = 100
// A segment is removed as a whole: of fewer than some, a partition would be kept much longer than it should.
const segmentsMin = 4
const segmentMinBytes = 4 * 2 ** 20
// What a broker takes that says nothing else.
const batchMaxBytesDefault = 1_048_588

// What a broker will answer the same way tomorrow.
const lasting = new Set([
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'INVALID_REQUEST',
  'INVALID_TOPIC_EXCEPTION',
  'POLICY_VIOLATION',
  'UNSUPPORTED_VERSION',
  'PLT_KFK_UNSUPPORTED_API'
])

type Configuration = ReadonlyMap<string, string>

function refused(topic: string, hint: string, cause?: unknown): Failure {
  return new Failure('BUS_GUARANTEE', { topic, hint }, cause)
}

/** The failure for what the brokers answered in place of the topic. */
export function failureOf(error: unknown, topic: string): Failure {
  if (error instanceof Failure) return error
  const names = errorNames(error)
  if ([...names].some((name) => name.endsWith('_AUTHORIZATION_FAILED')))
    return refused(
      topic,
      `Kafka does not let this user look at or create the topic '${topic}': allow Describe, DescribeConfigs, Create, Read and Write on it, or create it by hand.`,
      error
    )
  if (names.has('PLT_KFK_AUTHENTICATION') || names.has('SASL_AUTHENTICATION_FAILED'))
    return refused(topic, `Kafka does not let this user in: ${words(error)}`, error)
  if ([...names].some((name) => lasting.has(name)))
    return refused(topic, `Kafka refused the topic '${topic}': ${words(error)}`, error)
  return new Failure(
    'BUS_UNAVAILABLE',
    { topic, hint: `Kafka did not answer for the topic '${topic}': ${words(error)}` },
    error
  )
}

function configsOf(settings: KafkaBusSettings): Map<string, string> {
  const { keptMaxMs, keptMaxBytes, inSyncMin } = settings
  const configs = new Map([
    ['cleanup.policy', 'delete'],
    ['retention.ms', String(keptMaxMs)],
    ['retention.bytes', String(keptMaxBytes)],
    ['segment.bytes', String(Math.max(segmentMinBytes, Math.floor(keptMaxBytes / segmentsMin)))]
  ])
  if (inSyncMin !== undefined) configs.set('min.insync.replicas', String(inSyncMin))
  return configs
}

async function configurationOf({ admin }: KafkaBusSettings, topic: string): Promise<Configuration> {
  const configurationKeys = [...wantedKeys, 'max.message.bytes', 'min.insync.replicas']
  const resources = [{ resourceType: 2 as const, resourceName: topic, configurationKeys }]
  const [described] = await admin.describeConfigs({ resources })
  return new Map((described?.configs ?? []).map(({ name, value }) => [name, value ?? '']))
}

const wantedKeys = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'segment.bytes']

async function partitionsOf(settings: KafkaBusSettings, topic: string) {
  try {
    const { topics } = await settings.admin.metadata({ topics: [topic], forceUpdate: true })
    return topics.get(topic)?.partitions
  } catch (error) {
    if (isUnknownTopic(error)) return undefined
    throw error
  }
}

type Partitions = NonNullable<Awaited<ReturnType<typeof partitionsOf>>>

async function create(settings: KafkaBusSettings, topic: string, partitions: number): Promise<boolean> {
  const configs = [...configsOf(settings)].map(([name, value]) => ({ name, value }))
  try {
    // Minus one is what the brokers are set to.
    const replicas = settings.replicas ?? -1
    await settings.admin.createTopics({ topics: [topic], partitions, replicas, configs })
    return true
  } catch (error) {
    // Another process has been quicker.
    if (errorNames(error).has('TOPIC_ALREADY_EXISTS')) return false
    throw error
  }
}

/** Waits until all that is asked knows of a topic that was created just now. */
async function settled(settings: KafkaBusSettings, topic: string): Promise<Partitions> {
  let last: unknown
  for (let tries = 0; tries < settleTries; tries++) {
    try {
      const partitions = await partitionsOf(settings, topic)
      if (partitions?.every(({ leader }) => leader >= 0)) return partitions
    } catch (error) {
      last = error
    }
    await new Promise<void>((resolve) => {
      settings.clock.schedule(settlePauseMs, resolve)
    })
  }
  throw last ?? new Error('It was created and is not there.')
}

/** Fails where what a topic is would keep rows from being heard. */
function negotiate(topic: string, found: Partitions, configuration: Configuration, partitions: number): void {
  if (found.length < partitions)
    throw refused(
      topic,
      `The topic '${topic}' has ${found.length} partitions and the log ${partitions}: kafka-topics.sh --alter --topic ${topic} --partitions ${partitions}.`
    )
  if (configuration.get('cleanup.policy')?.includes('compact'))
    throw refused(
      topic,
      `The topic '${topic}' is compacted, which removes rows of a key but the last: set its cleanup.policy to delete, or 'prefix' to another name.`
    )
  const inSync = Number(configuration.get('min.insync.replicas') ?? 1)
  const replicas = Math.min(...found.map((each) => each.replicas.length))
  if (inSync > replicas)
    throw refused(
      topic,
      `The topic '${topic}' is kept on ${replicas} brokers and takes nothing unless ${inSync} have it: lower its min.insync.replicas, or move it to more brokers.`
    )
}

function differences(settings: KafkaBusSettings, found: Partitions, configuration: Configuration): string[] {
  const differs: string[] = []
  const replicas = Math.min(...found.map((each) => each.replicas.length))
  if (settings.replicas !== undefined && settings.replicas !== replicas)
    differs.push(`replicas is ${replicas}, not ${settings.replicas}`)
  for (const [name, wanted] of configsOf(settings)) {
    const is = configuration.get(name)
    if (is !== undefined && is !== wanted) differs.push(`${name} is ${is}, not ${wanted}`)
  }
  return differs
}

/**
 * Whether the topic of a service is there; nothing is made. Fails as `ensureTopic` does, also when rows could not be
 * carried by the topic that there is.
 */
export async function hasTopic(settings: KafkaBusSettings, service: string): Promise<boolean> {
  const topic = topicOf(settings.prefix, service)
  try {
    const found = await partitionsOf(settings, topic)
    if (found === undefined) return false
    negotiate(topic, found, await configurationOf(settings, topic), settings.partitions)
    return true
  } catch (error) {
    throw failureOf(error, topic)
  }
}

/**
 * Makes sure that the topic of a service is there, with at least so many partitions: creates it when it is missing, and
 * leaves one that is there as it is. Fails with `BUS_GUARANTEE` when rows could not be carried by it, or the brokers
 * will never give it; with `BUS_UNAVAILABLE` when they do not answer now.
 */
export async function ensureTopic(
  settings: KafkaBusSettings,
  service: string,
  partitions: number
): Promise<FoundTopic> {
  const topic = topicOf(settings.prefix, service)
  try {
    let found = await partitionsOf(settings, topic)
    const created = found === undefined && (await create(settings, topic, partitions))
    found ??= await settled(settings, topic)
    const configuration = await configurationOf(settings, topic)
    negotiate(topic, found, configuration, partitions)
    const bounds = ['max.message.bytes', 'segment.bytes'].map((name) => Number(configuration.get(name)))
    return {
      topic,
      partitions: found.length,
      batchMaxBytes: Math.min(...bounds.map((bytes) => bytes || batchMaxBytesDefault)),
      created,
      differs: created ? [] : differences(settings, found, configuration)
    }
  } catch (error) {
    throw failureOf(error, topic)
  }
}
