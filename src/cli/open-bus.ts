import { localBus } from '../adapters/local/index.ts'
import { natsBus } from '../adapters/nats/index.ts'
import { Failure } from '../core/index.ts'
import type { Bus, Clock, Ids, Log } from '../ports/index.ts'
import { driver } from './driver.ts'
import { type BrokerBus, feedsUntilBroker } from './feeds-until-broker.ts'
import type { ChosenProfile, NatsPlace } from './profile.ts'

/** What a bus is made of, whatever brings the news. */
export interface BusParts {
  /** Finds the feeds of all services, and brings the news where the profile names no broker. */
  readonly feeds: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** How long a NATS server may take to answer. */
const answerMs = 2_000

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : server
}

function connectFailure(servers: readonly string[], thrown: unknown): Failure {
  const where = `NATS at ${servers.map(hostOf).join(', ')}`
  const isRefused = thrown instanceof Error && thrown.name === 'AuthorizationError'
  return isRefused
    ? new Failure(
        'BUS_GUARANTEE',
        { hint: `${where} refuses this user: check user, password and token.` },
        thrown
      )
    : new Failure('BUS_UNAVAILABLE', { hint: `${where}: ${String(thrown)}` }, thrown)
}

async function openNats(place: NatsPlace, { feeds, clock, ids, log }: BusParts): Promise<BrokerBus> {
  const packages = ['@nats-io/transport-node', '@nats-io/jetstream']
  const { connect, MsgHdrsImpl, jetstreamManager } = await driver('NATS', packages, async () => ({
    ...(await import('@nats-io/transport-node')),
    ...(await import('@nats-io/jetstream'))
  }))
  const { servers: given, user, password: pass, token, prefix, replicas } = place
  const servers = typeof given === 'string' ? [given] : [...given]
  const connection = await connect({
    servers,
    ...(user === undefined ? {} : { user }),
    ...(pass === undefined ? {} : { pass }),
    ...(token === undefined ? {} : { token }),
    name: `skerry ${process.pid}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    timeout: answerMs,
    noEcho: true
  }).catch((thrown: unknown) => {
    throw connectFailure(servers, thrown)
  })
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
