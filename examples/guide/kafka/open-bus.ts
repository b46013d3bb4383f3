import { Admin, type BaseOptions, Consumer, Producer } from '@platformatic/kafka'
import { httpFeedBus } from 'skerry/http-feed'
import { type KafkaBus, kafkaBus } from 'skerry/kafka'
import { localBus } from 'skerry/local'
import { systemClock, systemIds } from 'skerry/node'

/** What a process connects with: addresses, TLS, a user. */
export type Connecting = Pick<BaseOptions, 'bootstrapBrokers'> & Partial<Pick<BaseOptions, 'sasl' | 'tls'>>

/** Opens the bus of a process that runs `services`. `urls` says where the gateways of the others are. */
export async function openBus(
  connecting: Connecting,
  services: readonly string[],
  urls: Readonly<Record<string, string>>
): Promise<{ readonly bus: KafkaBus; close(): Promise<void> }> {
  const clock = systemClock()
  const ids = systemIds()
  // #region bus
  const client = {
    ...connecting,
    clientId: 'shop',
    // The bus tries again by itself, and knows better what has become needless meanwhile.
    retries: 0,
    connectTimeout: 2_000,
    requestTimeout: 5_000
  }
  const admin = new Admin(client)
  const producer = new Producer(client)
  // It joins no group: the name is asked for and not used.
  const consumer = new Consumer({ ...client, groupId: 'unused' })
  const bus = await kafkaBus({
    admin,
    producer,
    consumer,
    services,
    feeds: httpFeedBus({ urls, local: localBus(), clock, ids }),
    clock,
    ids
  })
  // #endregion
  return {
    bus,
    async close() {
      await bus.close()
      await Promise.all([admin.close(), producer.close(), consumer.close()])
    }
  }
}
