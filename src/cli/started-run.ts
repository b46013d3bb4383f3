import type { Gateway, GatewayOptions } from '../gateway/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'

/** A system with its gateway. */
export interface Started {
  readonly config: Config
  readonly running: RunningSystem
  readonly edge: Gateway
  /** Finishes what was accepted, from the outside in. */
  drain(): Promise<void>
}

/**
 * Begins a system, then serves it. Fails as a whole: a system that was begun is stopped again, then the config. `begin`
 * leaves nothing behind when it fails.
 */
export async function startedRun(
  config: Config,
  begin: () => Promise<RunningSystem>,
  serve: (running: RunningSystem) => Promise<Gateway>
): Promise<Started> {
  let begun: RunningSystem | undefined
  const stop = async (): Promise<void> => {
    await begun?.stop()
    await config.stop?.()
  }
  try {
    const running = await begin()
    begun = running
    const edge = await serve(running)
    const drain = async (): Promise<void> => {
      await edge.close()
      await stop()
    }
    return { config, running, edge, drain }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** Tells the config that its whole system runs, then listens, with its page, on the port or the first free one behind it. */
export async function servedWhole(config: Config, options: GatewayOptions): Promise<Gateway> {
  await config.started?.(options.system)
  return listen({ ...options, ...(config.home === undefined ? {} : { home: config.home }) })
}
