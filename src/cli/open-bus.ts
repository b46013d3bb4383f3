import { localBus } from '../adapters/local/index.ts'
import type { Bus, Clock, Ids, Log } from '../ports/index.ts'
import { type BrokerBus, feedsUntilBroker } from './feeds-until-broker.ts'
import { lookAtKafka, openKafka } from './open-kafka.ts'
import { lookAtNats, openNats } from './open-nats.ts'
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

/**
 * Asks a broker for all that the bus needs of it, and gives the streams or topics that opening the bus would make. Fails
 * as opening it would; makes nothing, and keeps no connection.
 */
export async function brokerReadiness(
  place: BrokerPlace,
  parts: Omit<BusParts, 'feeds'>
): Promise<readonly string[]> {
  const all = { ...parts, feeds: localBus() }
  const { missing } = await (place.kind === 'nats' ? lookAtNats(place, all) : lookAtKafka(place, all))
  return missing
}

/** Opens the bus that the profile names. A broker that does not answer now keeps nothing from starting. */
export async function openBus({ bus: place }: ChosenProfile, parts: BusParts): Promise<Bus> {
  if (place.kind === 'feeds') return parts.feeds
  const { feeds, clock, log } = parts
  const guarantees = { name: place.kind, lossless: false, ordered: true }
  return feedsUntilBroker({ feeds, guarantees, open: () => openBroker(place, parts), clock, log })
}
