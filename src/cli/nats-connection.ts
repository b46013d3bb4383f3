import type { NatsConnection } from '@nats-io/transport-node'
import { Failure } from '../core/index.ts'
import { driver } from './driver.ts'
import type { NatsBoardPlace } from './profile.ts'

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

/** The packages that speak with NATS. */
export const natsPackages = ['@nats-io/transport-node', '@nats-io/jetstream', '@nats-io/kv'] as const

/**
 * Connects to the servers of a place, and stays connected when they go and come back. Fails with `BUS_UNAVAILABLE`, or
 * with `BUS_GUARANTEE` when they refuse the user.
 */
export async function natsConnection(place: NatsBoardPlace): Promise<NatsConnection> {
  const { connect } = await driver('NATS', natsPackages, () => import('@nats-io/transport-node'))
  const { servers: given, user, password: pass, token } = place
  const servers = typeof given === 'string' ? [given] : [...given]
  try {
    return await connect({
      servers,
      ...(user === undefined ? {} : { user }),
      ...(pass === undefined ? {} : { pass }),
      ...(token === undefined ? {} : { token }),
      name: `skerry ${process.pid}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      timeout: answerMs,
      noEcho: true
    })
  } catch (thrown) {
    throw connectFailure(servers, thrown)
  }
}
