import { type FindAddresses, httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../adapters/node/index.ts'
import { Failure } from '../core/index.ts'
import { gateway } from '../gateway/index.ts'
import type { Bus, Log } from '../ports/index.ts'
import { type RunningSystem, type RuntimePorts, type StartOptions, startSystem } from '../runtime/index.ts'
import { withCommitHints } from './commit-hints.ts'
import type { Config } from './config.ts'
import { ownAddress } from './listen.ts'
import { openBus } from './open-bus.ts'
import { openDiscovery, registered } from './open-discovery.ts'
import { storeOpener } from './open-store.ts'
import type { ChosenProfile } from './profile.ts'
import type { RunSetting } from './run-setting.ts'
import { hasAddresses } from './service-addresses.ts'
import { type Started, servedWhole, startedRun } from './started-run.ts'

/** Where a run, or a part of one, is. */
export interface RunPlace {
  readonly config: Config
  readonly profile: ChosenProfile
  readonly setting: RunSetting
  readonly log: Log
}

type PortParts = Pick<RuntimePorts, 'clock' | 'ids' | 'log'>

async function portsOf(
  { profile, setting, log }: RunPlace,
  services: readonly string[],
  feedsOf: (parts: PortParts) => Bus
): Promise<RuntimePorts> {
  const parts = { clock: systemClock(), ids: systemIds(), log }
  return {
    ...parts,
    openStore: storeOpener(profile, setting.directory),
    bus: await openBus(profile, { ...parts, services, feeds: feedsOf(parts) }),
    effects: () => guardedEffects()
  }
}

/** Starts services; the bus is closed when they cannot start. */
async function begun(
  { system }: Config,
  ports: RuntimePorts,
  options: StartOptions = {}
): Promise<RunningSystem> {
  try {
    return await startSystem(system, ports, options)
  } catch (thrown) {
    await ports.bus.close()
    throw thrown
  }
}

/** Starts a system and listens. Fails as a whole: what it began is stopped again. */
export function startedSystem(place: RunPlace): Promise<Started> {
  const { config, setting, log } = place
  const { host, port } = setting
  const opened = portsOf(place, [...config.system.services.keys()], localBus)
  return startedRun(
    config,
    async () => begun(config, await opened),
    async (system) => {
      const { bus, clock, ids } = await opened
      return servedWhole(config, { system, bus, clock, ids, log, port, host })
    }
  )
}

const everyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Whether others would find this process where it would tell them that it is. */
function isReachable({ advertised, host, port }: RunSetting): boolean {
  return advertised !== undefined || (port !== 0 && !everyAddress.has(host))
}

/** Refuses to tell others of an address at which they would not find this process. */
function checkReachable(
  { profile, setting }: RunPlace,
  only: readonly string[],
  env: Readonly<Record<string, string | undefined>>
): void {
  const { host, port } = setting
  if (isReachable(setting) || hasAddresses(env) || profile.discoveryOf(only[0] ?? '').kind === 'addresses')
    return
  if (port === 0)
    throw new Failure('USAGE_INVALID', {
      hint: 'Others are told of this process before it listens: give it a --port, or say with --advertise how it is reached.'
    })
  throw new Failure('USAGE_INVALID', {
    hint: `It would listen on every address (${host}): say with --advertise http://HOST:${port} how others reach it.`
  })
}

/**
 * Starts some services of a system and listens, on that port and no other, since those that run elsewhere know it. Fails
 * as a whole.
 */
export async function startedServices(
  place: RunPlace,
  only: readonly string[],
  env: Readonly<Record<string, string | undefined>>
): Promise<Started> {
  const { config, profile, setting, log } = place
  const { system } = config
  const { host, port, advertised } = setting
  checkReachable(place, only, env)
  const discovery = await openDiscovery({
    env,
    system,
    profile,
    here: only,
    isReachable: isReachable(setting),
    clock: systemClock(),
    log
  })
  // The port is taken as it is given, so that it is known before anybody listens there.
  const url = advertised ?? ownAddress(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const urls: FindAddresses = (service) =>
    system.services.has(service) ? discovery.addresses(service) : undefined
  const opened = portsOf(place, only, (parts) => httpFeedBus({ ...parts, urls, local: localBus() }))
  return startedRun(
    config,
    async () => withCommitHints(await begun(config, await opened, { only, instance: { url } }), profile),
    async (running) => {
      const { bus, clock, ids } = await opened
      const edge = await gateway({ system: running, bus, clock, ids, log, port, host })
      return registered({ edge, system: running, services: only, url }, discovery)
    }
  ).catch(async (thrown: unknown) => {
    await discovery.close()
    throw thrown
  })
}
