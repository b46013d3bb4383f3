import { natsBus } from '../adapters/nats/index.ts'
import { driver } from './driver.ts'
import type { BrokerBus } from './feeds-until-broker.ts'
import { natsConnection, natsPackages } from './nats-connection.ts'
import type { BusParts } from './open-bus.ts'
import type { NatsPlace } from './profile.ts'

/** Opens a bus over NATS on a connection of its own. Fails as `natsBus` does, and then keeps no connection. */
export async function openNats(place: NatsPlace, { feeds, clock, ids, log }: BusParts): Promise<BrokerBus> {
  const { prefix, replicas } = place
  const { MsgHdrsImpl, jetstreamManager } = await driver('NATS', natsPackages, async () => ({
    ...(await import('@nats-io/transport-node')),
    ...(await import('@nats-io/jetstream'))
  }))
  const connection = await natsConnection(place)
  try {
    const bus = await natsBus({
      connection,
      headers: MsgHdrsImpl.fromRecord,
      manager: () => jetstreamManager(connection),
      feeds,
      clock,
      ids,
      log,
      ...(prefix === undefined ? {} : { prefix }),
      ...(replicas === undefined ? {} : { replicas })
    })
    return { bus, disconnect: () => connection.close() }
  } catch (thrown) {
    await connection.close()
    throw thrown
  }
}
