import { type KafkaBusOptions, kafkaBus, kafkaReadiness } from '../adapters/kafka/index.ts'
import { driver } from './driver.ts'
import type { BrokerClient, BusParts } from './open-bus.ts'
import type { KafkaPlace } from './profile.ts'

/** How long brokers may take to connect, and to answer. */
const connectMs = 2_000
const answerMs = 5_000

/** Clients of its own for a bus over Kafka. */
export async function connectKafka(
  place: KafkaPlace,
  { feeds, services, clock, ids, log }: BusParts
): Promise<BrokerClient> {
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
  return { open: () => kafkaBus(options), look: () => kafkaReadiness(options), disconnect }
}
