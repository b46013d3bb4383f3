import { httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { systemClock, systemIds } from '../adapters/node/index.ts'
import { remoteSystem } from '../gateway/index.ts'
import type { Log } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import type { Companions } from './companions.ts'
import type { Config } from './config.ts'
import { processLog } from './process-log.ts'
import type { RunSetting } from './run-setting.ts'
import { addressesEnv, freeAddresses } from './service-addresses.ts'
import { ServiceProcess } from './service-process.ts'
import { type Started, servedWhole, startedRun } from './started-run.ts'

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

function processesOf(
  options: SplitOptions,
  urls: Readonly<Record<string, string>>
): readonly ServiceProcess[] {
  const { config, file, setting, companions, env, log } = options
  const names = [...config.system.services.keys()]
  const says = processLog(log, names, setting.logFile === undefined && process.stderr.isTTY)
  return names.map(
    (name) =>
      new ServiceProcess({
        name,
        args: [
          ...process.execArgv,
          process.argv[1] ?? '',
          ...['run', name, '--config', file, '--data', setting.directory],
          ...(setting.profile === undefined ? [] : ['--profile', setting.profile]),
          ...['--port', new URL(urls[name] ?? '').port, '--log', '--log-level', setting.level]
        ],
        env: { ...env, ...companions.env, ...addressesEnv(urls) },
        onLine: (line) => says(name, line),
        onEnd: (how, againMs) =>
          log.error('a process ended and is started again', { process: name, how, againMs }),
        onBack: () => log.info('a process runs again', { process: name })
      })
  )
}

async function startAll(processes: readonly ServiceProcess[]): Promise<void> {
  const started = await Promise.allSettled(processes.map((each) => each.start()))
  const failed = started.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

/** The system of these processes: to stop it is to stop them. */
function systemOf(processes: readonly ServiceProcess[], remote: RunningSystem): RunningSystem {
  return {
    ...remote,
    async stop() {
      await Promise.all(processes.map((each) => each.stop()))
      await remote.stop()
    }
  }
}

/**
 * Starts each service in a process of its own, and listens for all of them at one address. A process that ends is
 * started again; the others go on. Fails as a whole: what it began is stopped again.
 */
export async function startedSplit(options: SplitOptions): Promise<Started> {
  const { config, setting, log } = options
  const { host, port } = setting
  const clock = systemClock()
  const ids = systemIds()
  const urls = await freeAddresses([...config.system.services.keys()])
  const processes = processesOf(options, urls)
  const bus = httpFeedBus({ urls, clock, ids, log, local: localBus() })
  const remote = remoteSystem({ definition: config.system, url: (service) => urls[service], bus })
  return startedRun(
    config,
    async () => systemOf(processes, remote),
    async (system) => {
      await startAll(processes)
      return servedWhole(config, { system, bus, clock, ids, log, port, host })
    }
  )
}
