import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { type KafkaBus, type KafkaBusOptions, kafkaBus } from '../../src/adapters/kafka/index.ts'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { type Line, logTo } from '../brokers/lines.ts'

/** A bus with clients of its own. */
export interface ConnectedBus {
  readonly bus: KafkaBus
  readonly admin: Admin
  readonly producer: Producer
  readonly lines: readonly Line[]
  close(): Promise<void>
}

/** Connects to brokers as a program of a user does, only more impatiently, and opens a bus. */
export async function connectedBus(
  bootstrapBrokers: readonly string[],
  options: Partial<KafkaBusOptions> = {}
): Promise<ConnectedBus> {
  const lines: Line[] = []
  const connecting = {
    clientId: 'skerry-test',
    bootstrapBrokers: [...bootstrapBrokers],
    retries: 0,
    connectTimeout: 1_000,
    requestTimeout: 3_000,
    timeout: 3_000
  }
  const admin = new Admin(connecting)
  const producer = new Producer(connecting)
  const consumer = new Consumer({ ...connecting, groupId: 'skerry-test' })
  const end = async (): Promise<void> => {
    await Promise.all([admin.close(), producer.close(), consumer.close()])
  }
  try {
    const bus = await kafkaBus({
      admin,
      producer,
      consumer,
      feeds: localBus(),
      clock: systemClock(),
      ids: systemIds(),
      log: logTo(lines),
      ...options
    })
    const close = async (): Promise<void> => {
      await bus.close()
      await end()
    }
    return { bus, admin, producer, lines, close }
  } catch (error) {
    await end()
    throw error
  }
}
