import { type NatsBusOptions, type NatsReadiness, natsBus, natsReadiness } from '../adapters/nats/index.ts'
import { driver } from './driver.ts'
import type { BrokerBus } from './feeds-until-broker.ts'
import { natsConnection, natsPackages } from './nats-connection.ts'
import type { BusParts } from './open-bus.ts'
import type { NatsPlace } from './profile.ts'

interface Connected {
  readonly options: NatsBusOptions
  disconnect(): Promise<void>
}

/** What a bus is opened with, on a connection of its own. */
async function connected(place: NatsPlace, { feeds, clock, ids, log }: BusParts): Promise<Connected> {
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
  return { options, disconnect: () => connection.close() }
}

/** Opens a bus over NATS on a connection of its own. Fails as `natsBus` does, and then keeps no connection. */
export async function openNats(place: NatsPlace, parts: BusParts): Promise<BrokerBus> {
  const { options, disconnect } = await connected(place, parts)
  try {
    return { bus: await natsBus(options), disconnect }
  } catch (thrown) {
    await disconnect()
    throw thrown
  }
}

/** Looks whether a bus could be opened there; makes nothing, and keeps no connection. */
export async function lookAtNats(place: NatsPlace, parts: BusParts): Promise<NatsReadiness> {
  const { options, disconnect } = await connected(place, parts)
  try {
    return await natsReadiness(options)
  } finally {
    await disconnect()
  }
}
