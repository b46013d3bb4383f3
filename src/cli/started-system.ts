import { join } from 'node:path'
import { localBus } from '../adapters/local/index.ts'
import { guardedEffects, systemClock, systemIds } from '../adapters/node/index.ts'
import { sqliteStore } from '../adapters/sqlite/index.ts'
import { Failure } from '../core/index.ts'
import { type Gateway, type GatewayOptions, gateway } from '../gateway/index.ts'
import type { Log } from '../ports/index.ts'
import { type RunningSystem, startSystem } from '../runtime/index.ts'
import type { Config } from './config.ts'
import type { RunSetting } from './run-setting.ts'

/** Ports that are tried, beginning with the one that was asked for. */
const portsTried = 100

/** Listens on the port, or on the first free one behind it. */
async function listen(options: GatewayOptions): Promise<Gateway> {
  for (let port = options.port; ; port++)
    try {
      return await gateway({ ...options, port })
    } catch (thrown) {
      const isTaken = thrown instanceof Failure && thrown.code === 'PORT_TAKEN'
      if (!isTaken || port - options.port >= portsTried || port >= 65_535) throw thrown
    }
}

/** A system with its gateway. */
export interface Started {
  readonly config: Config
  readonly running: RunningSystem
  readonly edge: Gateway
}

/** Starts a system and listens. Fails as a whole: what it began is stopped again. */
export async function startedSystem(config: Config, setting: RunSetting, log: Log): Promise<Started> {
  const { directory, host, port } = setting
  const bus = localBus()
  const clock = systemClock()
  const ids = systemIds()
  let running: RunningSystem | undefined
  try {
    running = await startSystem(config.system, {
      openStore: (service) => sqliteStore({ service, file: join(directory, `${service}.db`) }),
      bus,
      clock,
      ids,
      log,
      effects: () => guardedEffects()
    })
    await config.started?.(running)
    const home = config.home === undefined ? {} : { home: config.home }
    const edge = await listen({ system: running, bus, clock, ids, log, port, host, ...home })
    return { config, running, edge }
  } catch (thrown) {
    await running?.stop()
    await config.stop?.()
    throw thrown
  }
}

/** Finishes what was accepted, from the outside in. */
export async function drain({ edge, running, config }: Started): Promise<void> {
  await edge.close()
  await running.stop()
  await config.stop?.()
}
