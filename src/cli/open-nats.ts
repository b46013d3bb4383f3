import { type NatsBusOptions, natsBus, natsReadiness } from '../adapters/nats/index.ts'
import { driver } from './driver.ts'
import { natsConnection, natsPackages } from './nats-connection.ts'
import type { BrokerClient, BusParts } from './open-bus.ts'
import type { NatsPlace } from './profile.ts'

/** A connection of its own for a bus over NATS. */
export async function connectNats(
  place: NatsPlace,
  { feeds, clock, ids, log }: BusParts
): Promise<BrokerClient> {
  const { prefix, replicas } = place
  const { MsgHdrsImpl, jetstreamManager } = await driver('NATS', natsPackages, async () => ({
    ...(await import('@nats-io/transport-node')),
    ...(await import('@nats-io/jetstream'))
  }))
  const connection = await natsConnection(place)
  const options: NatsBusOptions = {
    connection,
    headers: MsgHdrsImpl.fromRecord,
    manager: () => jetstreamManager(connection),
    feeds,
    clock,
    ids,
    log,
    ...(prefix === undefined ? {} : { prefix }),
    ...(replicas === undefined ? {} : { replicas })
  }
  return {
    open: () => natsBus(options),
    look: () => natsReadiness(options),
    disconnect: () => connection.close()
  }
}
