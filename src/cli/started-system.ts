import { join } from 'node:path'
import { httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../adapters/node/index.ts'
import { sqliteStore } from '../adapters/sqlite/index.ts'
import { gateway } from '../gateway/index.ts'
import type { Bus, Log } from '../ports/index.ts'
import { type RuntimePorts, startSystem } from '../runtime/index.ts'
import type { Config } from './config.ts'
import type { RunSetting } from './run-setting.ts'
import { type Started, servedWhole, startedRun } from './started-run.ts'

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

/** Starts a system and listens. Fails as a whole: what it began is stopped again. */
export function startedSystem(config: Config, setting: RunSetting, log: Log): Promise<Started> {
  const { directory, host, port } = setting
  const ports = portsOf(directory, log, localBus)
  const { bus, clock, ids } = ports
  return startedRun(
    config,
    () => startSystem(config.system, ports),
    (system) => servedWhole(config, { system, bus, clock, ids, log, port, host })
  )
}

/**
 * Starts some services of a system and listens, on that port and no other, since those that run elsewhere know it. Fails
 * as a whole.
 */
export function startedServices(
  config: Config,
  only: readonly string[],
  urls: Readonly<Record<string, string>>,
  setting: RunSetting,
  log: Log
): Promise<Started> {
  const { directory, host, port } = setting
  const ports = portsOf(directory, log, (parts) => httpFeedBus({ ...parts, urls, local: localBus() }))
  const { bus, clock, ids } = ports
  return startedRun(
    config,
    () => startSystem(config.system, ports, { only }),
    (system) => gateway({ system, bus, clock, ids, log, port, host })
  )
}
