import { httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { systemClock, systemIds } from '../adapters/node/index.ts'
import { remoteSystem } from '../gateway/index.ts'
import type { Log } from '../ports/index.ts'
import type { Companions } from './companions.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'
import { processLog } from './process-log.ts'
import type { RunSetting } from './run-setting.ts'
import { addressesEnv, freeAddresses } from './service-addresses.ts'
import { ServiceProcess } from './service-process.ts'
import type { Started } from './started-system.ts'

/** What a run in several processes is made of. */
export interface SplitOptions {
  readonly config: Config
  /** The file that each process loads. */
  readonly file: string
  readonly setting: RunSetting
  readonly companions: Companions
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
}

function processOf(
  name: string,
  urls: Readonly<Record<string, string>>,
  options: SplitOptions
): ServiceProcess {
  const { config, file, setting, companions, env, log } = options
  const port = new URL(urls[name] ?? '').port
  const says = processLog(
    log,
    [...config.system.services.keys()],
    setting.logFile === undefined && process.stderr.isTTY
  )
  return new ServiceProcess({
    name,
    args: [
      ...process.execArgv,
      process.argv[1] ?? '',
      ...['run', name, '--config', file, '--data', setting.directory, '--port', port],
      ...['--log', '--log-level', setting.level]
    ],
    env: { ...env, ...companions.env, ...addressesEnv(urls) },
    onLine: (line) => says(name, line),
    onEnd: (how, againMs) =>
      log.error('a process ended and is started again', { process: name, how, againMs }),
    onBack: () => log.info('a process runs again', { process: name })
  })
}

/**
 * Starts each service in a process of its own, and listens for all of them at one address. A process that ends is
 * started again; the others go on. Fails as a whole: what it began is stopped again.
 */
export async function startedSplit(options: SplitOptions): Promise<Started> {
  const { config, setting, log } = options
  const { system, home } = config
  const clock = systemClock()
  const ids = systemIds()
  const names = [...system.services.keys()]
  const urls = await freeAddresses(names)
  const processes = names.map((name) => processOf(name, urls, options))
  const stopAll = (): Promise<unknown> => Promise.all(processes.map((each) => each.stop()))
  const bus = httpFeedBus({ urls, clock, ids, log, local: localBus() })
  const running = remoteSystem({ definition: system, url: (service) => urls[service], bus })
  try {
    const started = await Promise.allSettled(processes.map((each) => each.start()))
    const failed = started.find((each) => each.status === 'rejected')
    if (failed) throw failed.reason
    await config.started?.(running)
    const shown = home === undefined ? {} : { home }
    const edge = await listen({ system: running, bus, clock, ids, log, ...setting, ...shown })
    return {
      config,
      running,
      edge,
      async drain() {
        await edge.close()
        await stopAll()
        await running.stop()
        await config.stop?.()
      }
    }
  } catch (thrown) {
    await stopAll()
    await running.stop()
    await config.stop?.()
    throw thrown
  }
}
