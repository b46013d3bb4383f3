import { join } from 'node:path'
import { httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../adapters/node/index.ts'
import { sqliteStore } from '../adapters/sqlite/index.ts'
import { type Gateway, gateway } from '../gateway/index.ts'
import type { Bus, Log } from '../ports/index.ts'
import { type RunningSystem, type RuntimePorts, startSystem } from '../runtime/index.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'
import type { RunSetting } from './run-setting.ts'

/** A system with its gateway. */
export interface Started {
  readonly config: Config
  readonly running: RunningSystem
  readonly edge: Gateway
  /** Finishes what was accepted, from the outside in. */
  drain(): Promise<void>
}

function portsOf(
  directory: string,
  log: Log,
  busOf: (parts: Pick<RuntimePorts, 'clock' | 'ids' | 'log'>) => Bus
): RuntimePorts {
  const clock = systemClock()
  const ids = systemIds()
  return {
    openStore: (service) => sqliteStore({ service, file: join(directory, `${service}.db`) }),
    bus: busOf({ clock, ids, log }),
    clock,
    ids,
    log,
    effects: () => guardedEffects()
  }
}

function drainOf({ config, running, edge }: Omit<Started, 'drain'>): () => Promise<void> {
  return async () => {
    await edge.close()
    await running.stop()
    await config.stop?.()
  }
}

/** Starts a system and listens. Fails as a whole: what it began is stopped again. */
export async function startedSystem(config: Config, setting: RunSetting, log: Log): Promise<Started> {
  const { directory, host, port } = setting
  const ports = portsOf(directory, log, localBus)
  let running: RunningSystem | undefined
  try {
    running = await startSystem(config.system, ports)
    await config.started?.(running)
    const home = config.home === undefined ? {} : { home: config.home }
    const { bus, clock, ids } = ports
    const edge = await listen({ system: running, bus, clock, ids, log, port, host, ...home })
    return { config, running, edge, drain: drainOf({ config, running, edge }) }
  } catch (thrown) {
    await running?.stop()
    await config.stop?.()
    throw thrown
  }
}

/**
 * Starts some services of a system and listens, on that port and no other, since those that run elsewhere know it. Fails
 * as a whole.
 */
export async function startedServices(
  config: Config,
  only: readonly string[],
  urls: Readonly<Record<string, string>>,
  setting: RunSetting,
  log: Log
): Promise<Started> {
  const { directory, host, port } = setting
  const ports = portsOf(directory, log, (parts) => httpFeedBus({ ...parts, urls, local: localBus() }))
  let running: RunningSystem | undefined
  try {
    running = await startSystem(config.system, ports, { only })
    const { bus, clock, ids } = ports
    const edge = await gateway({ system: running, bus, clock, ids, log, port, host })
    return { config, running, edge, drain: drainOf({ config, running, edge }) }
  } catch (thrown) {
    await running?.stop()
    await config.stop?.()
    throw thrown
  }
}
