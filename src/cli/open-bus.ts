import { localBus } from '../adapters/local/index.ts'
import type { Bus, Clock, Ids, Log } from '../ports/index.ts'
import { type BrokerBus, feedsUntilBroker } from './feeds-until-broker.ts'
import { openKafka } from './open-kafka.ts'
import { openNats } from './open-nats.ts'
import type { BusPlace, ChosenProfile, FeedsPlace } from './profile.ts'

/** What a bus is made of, whatever brings the news. */
export interface BusParts {
  /** Finds the feeds of all services, and brings the news where the profile names no broker. */
  readonly feeds: Bus
  /** The services of this process. */
  readonly services: readonly string[]
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** What runs beside the services, and brings them news. */
export type BrokerPlace = Exclude<BusPlace, FeedsPlace>

function openBroker(place: BrokerPlace, parts: BusParts): Promise<BrokerBus> {
  return place.kind === 'nats' ? openNats(place, parts) : openKafka(place, parts)
}

/** Asks a broker for all that the bus needs of it; fails as opening the bus would, and keeps no connection. */
export async function brokerReadiness(place: BrokerPlace, parts: Omit<BusParts, 'feeds'>): Promise<void> {
  const { bus, disconnect } = await openBroker(place, { ...parts, feeds: localBus() })
  await bus.close()
  await disconnect()
}

/** Opens the bus that the profile names. A broker that does not answer now keeps nothing from starting. */
export async function openBus({ bus: place }: ChosenProfile, parts: BusParts): Promise<Bus> {
  if (place.kind === 'feeds') return parts.feeds
  const { feeds, clock, log } = parts
  const guarantees = { name: place.kind, lossless: false, ordered: true }
  return feedsUntilBroker({ feeds, guarantees, open: () => openBroker(place, parts), clock, log })
}
