import {
  type KafkaBusOptions,
  type KafkaReadiness,
  kafkaBus,
  kafkaReadiness
} from '../adapters/kafka/index.ts'
import { driver } from './driver.ts'
import type { BrokerBus } from './feeds-until-broker.ts'
import type { BusParts } from './open-bus.ts'
import type { KafkaPlace } from './profile.ts'

/** How long brokers may take to connect, and to answer. */
const connectMs = 2_000
const answerMs = 5_000

interface Connected {
  readonly options: KafkaBusOptions
  disconnect(): Promise<void>
}

/** What a bus is opened with, on clients of its own. */
async function connected(
  place: KafkaPlace,
  { feeds, services, clock, ids, log }: BusParts
): Promise<Connected> {
  const { brokers, user, password, tls, prefix, replicas } = place
  const { Admin, Consumer, Producer } = await driver(
    'Kafka',
    ['@platformatic/kafka'],
    () => import('@platformatic/kafka')
  )
  const client = {
    clientId: `skerry-${process.pid}`,
    bootstrapBrokers: typeof brokers === 'string' ? [brokers] : [...brokers],
    // The bus tries again by itself, and knows better what has become needless meanwhile.
    retries: 0,
    connectTimeout: connectMs,
    requestTimeout: answerMs,
    ...(user === undefined
      ? {}
      : { sasl: { mechanism: 'PLAIN' as const, username: user, password: password ?? '' } }),
    ...(tls === true ? { tls: {} } : {})
  }
  const admin = new Admin(client)
  const producer = new Producer(client)
  // It joins no group: the name is asked for and not used.
  const consumer = new Consumer({ ...client, groupId: 'unused' })
  const disconnect = async (): Promise<void> => {
    await Promise.all([admin.close(), producer.close(), consumer.close()])
  }
  const options: KafkaBusOptions = {
    admin,
    producer,
    consumer,
    services,
    feeds,
    clock,
    ids,
    log,
    ...(prefix === undefined ? {} : { prefix }),
    ...(replicas === undefined ? {} : { replicas })
  }
  return { options, disconnect }
}

/** Opens a bus over Kafka on clients of its own. Fails as `kafkaBus` does, and then keeps no connection. */
export async function openKafka(place: KafkaPlace, parts: BusParts): Promise<BrokerBus> {
  const { options, disconnect } = await connected(place, parts)
  try {
    return { bus: await kafkaBus(options), disconnect }
  } catch (thrown) {
    await disconnect()
    throw thrown
  }
}

/** Looks whether a bus could be opened there; makes nothing, and keeps no connection. */
export async function lookAtKafka(place: KafkaPlace, parts: BusParts): Promise<KafkaReadiness> {
  const { options, disconnect } = await connected(place, parts)
  try {
    return await kafkaReadiness(options)
  } finally {
    await disconnect()
  }
}
