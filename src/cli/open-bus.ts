import { localBus } from '../adapters/local/index.ts'
import type { Bus, Clock, Ids, Log } from '../ports/index.ts'
import { type BrokerBus, feedsUntilBroker } from './feeds-until-broker.ts'
import { connectKafka } from './open-kafka.ts'
import { connectNats } from './open-nats.ts'
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

/** What a bus is opened with, whichever broker it is. */
export interface BrokerClient {
  /** Fails as the bus of the broker does. */
  open(): Promise<Bus>
  /** Looks what opening would make. Fails as that does, and makes nothing. */
  look(): Promise<{ readonly missing: readonly string[] }>
  disconnect(): Promise<void>
}

function connected(place: BrokerPlace, parts: BusParts): Promise<BrokerClient> {
  return place.kind === 'nats' ? connectNats(place, parts) : connectKafka(place, parts)
}

/** Fails as the bus of the broker does, and then keeps no connection. */
async function openBroker(place: BrokerPlace, parts: BusParts): Promise<BrokerBus> {
  const client = await connected(place, parts)
  try {
    return { bus: await client.open(), disconnect: () => client.disconnect() }
  } catch (thrown) {
    await client.disconnect()
    throw thrown
  }
}

/**
 * Asks a broker for all that the bus needs of it, and gives the streams or topics that opening the bus would make. Fails
 * as opening it would; makes nothing, and keeps no connection.
 */
export async function brokerReadiness(
  place: BrokerPlace,
  parts: Omit<BusParts, 'feeds'>
): Promise<readonly string[]> {
  const client = await connected(place, { ...parts, feeds: localBus() })
  try {
    return (await client.look()).missing
  } finally {
    await client.disconnect()
  }
}

/** Opens the bus that the profile names. A broker that does not answer now keeps nothing from starting. */
export async function openBus({ bus: place }: ChosenProfile, parts: BusParts): Promise<Bus> {
  if (place.kind === 'feeds') return parts.feeds
  const { feeds, clock, log } = parts
  const guarantees = { name: place.kind, lossless: false, ordered: true }
  return feedsUntilBroker({ feeds, guarantees, open: () => openBroker(place, parts), clock, log })
}
