import { localBus } from '../adapters/local/index.ts'
import { natsBus } from '../adapters/nats/index.ts'
import type { Bus, Clock, Ids, Log } from '../ports/index.ts'
import { driver } from './driver.ts'
import { type BrokerBus, feedsUntilBroker } from './feeds-until-broker.ts'
import { natsConnection, natsPackages } from './nats-connection.ts'
import type { ChosenProfile, NatsPlace } from './profile.ts'

/** What a bus is made of, whatever brings the news. */
export interface BusParts {
  /** Finds the feeds of all services, and brings the news where the profile names no broker. */
  readonly feeds: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

async function openNats(place: NatsPlace, { feeds, clock, ids, log }: BusParts): Promise<BrokerBus> {
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

/** Asks a broker for all that the bus needs of it; fails as opening the bus would, and keeps no connection. */
export async function brokerReadiness(place: NatsPlace, parts: Omit<BusParts, 'feeds'>): Promise<void> {
  const { bus, disconnect } = await openNats(place, { ...parts, feeds: localBus() })
  await bus.close()
  await disconnect()
}

/** Opens the bus that the profile names. A broker that does not answer now keeps nothing from starting. */
export async function openBus({ bus: place }: ChosenProfile, parts: BusParts): Promise<Bus> {
  if (place.kind === 'feeds') return parts.feeds
  const { feeds, clock, log } = parts
  const guarantees = { name: 'nats', lossless: false, ordered: true }
  return feedsUntilBroker({ feeds, guarantees, open: () => openNats(place, parts), clock, log })
}
