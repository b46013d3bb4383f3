import { Failure } from '../../core/index.ts'
import type { Bus, Clock, Ids, Log } from '../../ports/index.ts'
import type { KafkaAdmin, KafkaConsumer, KafkaProducer } from './client.ts'

/** The clients, the way to what the brokers do not have, and what bounds both. */
export interface KafkaBusOptions {
  /** Finds and creates topics. */
  readonly admin: KafkaAdmin
  /** Sends rows, as bytes: it has no serializers. */
  readonly producer: KafkaProducer
  /** Hears rows. It joins no group and commits no offsets; nothing else reads with it. */
  readonly consumer: KafkaConsumer
  /** Offers and finds feeds; nothing is announced or heard by it. It is closed together with this bus. */
  readonly feeds: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log?: Log
  /**
   * The services that this process runs: their topics are made sure of before the bus opens. Those of services that are
   * offered and not named are made sure of then, and what is wrong with them is told in the log. Default none.
   */
  readonly services?: readonly string[]
  /** The first part of every topic, `<prefix>.<service>`. One for each system. Default `skerry`. */
  readonly prefix?: string
  /** How many partitions a topic has at least: as many as the logs of the services. Default 16. */
  readonly partitions?: number
  /** On how many brokers a topic is kept when this bus creates it. Default: what the brokers are set to. */
  readonly replicas?: number
  /** How many of them must have a row before it counts as taken, when this bus creates the topic. Default: the brokers'. */
  readonly inSyncMin?: number
  /** How long a topic keeps a message when this bus creates it, in milliseconds. Default one hour. */
  readonly keptMaxMs?: number
  /** How large a partition of a topic may grow when this bus creates it, in bytes. Default 16 MiB. */
  readonly keptMaxBytes?: number
  /** How many rows of a service may wait to be sent, or to be proved; more are dropped. Default 10,000. */
  readonly waitingMaxRows?: number
  /** How many messages of a partition that were missed are read later; of more, the feed is quicker. Default 10,000. */
  readonly replayMaxRows?: number
}

type Optional = 'log' | 'replicas' | 'inSyncMin'

/** The options with their defaults. */
export type KafkaBusSettings = Required<Omit<KafkaBusOptions, Optional>> & Pick<KafkaBusOptions, Optional>

// The longest name of a topic has 249 characters; that leaves a hundred and more for the name of a service.
const prefixPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
const prefixMax = 100

/** Fills in the defaults. Fails with `CONFIG_INVALID` when the prefix cannot begin the name of a topic. */
export function settingsOf(options: KafkaBusOptions): KafkaBusSettings {
  const prefix = options.prefix ?? 'skerry'
  if (!prefixPattern.test(prefix) || prefix.length > prefixMax)
    throw new Failure('CONFIG_INVALID', {
      prefix,
      hint: `The prefix '${prefix}' cannot begin a topic of Kafka: use up to ${prefixMax} letters, digits, - and _, with dots in between.`
    })
  return {
    services: [],
    partitions: 16,
    keptMaxMs: 3_600_000,
    keptMaxBytes: 16 * 2 ** 20,
    waitingMaxRows: 10_000,
    replayMaxRows: 10_000,
    ...options,
    prefix
  }
}

/** The topic of a service. */
export function topicOf(prefix: string, service: string): string {
  return `${prefix}.${service}`
}
