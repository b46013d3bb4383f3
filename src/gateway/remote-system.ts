import { setTimeout as pause } from 'node:timers/promises'
import type { SystemDefinition } from '../core/index.ts'
import type { Bus, Clock } from '../ports/index.ts'
import type { RunningService, RunningSystem } from '../runtime/index.ts'
import { serviceNamed } from './address.ts'
import { RemoteGateway } from './remote-exchange.ts'
import { remoteService, remoteStatuses } from './remote-service.ts'

/** How often services are asked whether anything is left to do. */
const lookMs = 20

/** What is needed to reach services that run in other processes. */
export interface RemoteSystemOptions {
  readonly definition: SystemDefinition
  /** The base addresses of the gateways of a service's instances now; none while nobody knows. */
  readonly addresses: (service: string) => readonly string[]
  /** Has a way to the feed of each service. It is closed by `stop`. */
  readonly bus: Bus
  /** By it instances are given up that stand still. */
  readonly clock: Clock
}

/**
 * A system whose services run in other processes, each behind a gateway of its own: what is asked of it is asked of
 * them. A service that does not answer fails with `SERVICE_UNREACHABLE`; the others are not touched by that. `idle`
 * resolves when every service has been seen with nothing left to do twice in a row. `stop` lets go of the connections
 * and leaves the services running.
 */
export function remoteSystem({ definition, addresses, bus, clock }: RemoteSystemOptions): RunningSystem {
  const gateways = [...definition.services.keys()].map(
    (name) => new RemoteGateway(name, () => addresses(name), clock)
  )
  const services = new Map<string, RunningService>(
    gateways.map((gateway) => [
      gateway.service,
      remoteService(
        definition.services.get(gateway.service) as RunningService['definition'],
        bus.feed(gateway.service),
        gateway
      )
    ])
  )
  return {
    definition,
    services,
    service: (name) => serviceNamed({ services }, name),
    // They are told by their own buses and stores.
    heard: () => undefined,
    async idle() {
      for (let calm = 0; calm < 2; ) {
        calm = (await isCalm(gateways)) ? calm + 1 : 0
        await pause(lookMs)
      }
    },
    async stop() {
      for (const gateway of gateways) gateway.close()
      await bus.close()
    }
  }
}

/** Each instance is asked: what is queued in it only it knows. */
async function isCalm(gateways: readonly RemoteGateway[]): Promise<boolean> {
  const statuses = (await Promise.all(gateways.map(remoteStatuses))).flat()
  const said = new Map<string, number>()
  for (const { service, published } of statuses)
    said.set(service, Math.max(published, said.get(service) ?? 0))
  return statuses.every(
    ({ commandsQueued, subscriptions, parked }) =>
      commandsQueued === 0 &&
      parked.every(({ status }) => status === 'dead' || status === 'behind') &&
      subscriptions.every(
        ({ source, published, pending }) => pending === 0 && published >= (said.get(source) ?? 0)
      )
  )
}
