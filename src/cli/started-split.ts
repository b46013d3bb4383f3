import { httpFeedBus } from '../adapters/http-feed/index.ts'
import { localBus } from '../adapters/local/index.ts'
import { systemClock, systemIds } from '../adapters/node/index.ts'
import { remoteSystem } from '../gateway/index.ts'
import type { Clock, Log } from '../ports/index.ts'
import type { RunningSystem } from '../runtime/index.ts'
import type { Companions } from './companions.ts'
import type { Config } from './config.ts'
import { processLog } from './process-log.ts'
import type { ChosenProfile } from './profile.ts'
import type { RunSetting } from './run-setting.ts'
import { addressesEnv, freeAddresses, type ServiceUrls } from './service-addresses.ts'
import { ServiceProcess } from './service-process.ts'
import { type Started, servedWhole, startedRun } from './started-run.ts'

/** What a run in several processes is made of. */
export interface SplitOptions {
  readonly config: Config
  readonly profile: ChosenProfile
  /** The file that each process loads. */
  readonly file: string
  readonly setting: RunSetting
  readonly companions: Companions
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
}

/** One process of a run: an instance of a service. */
interface Instance {
  readonly service: string
  /** The name of the service, with a number where there are several. */
  readonly name: string
  readonly url: string
}

async function placed({ config, profile }: SplitOptions): Promise<readonly Instance[]> {
  const names = [...config.system.services.keys()].flatMap((service) => {
    const count = profile.instancesOf(service)
    return Array.from({ length: count }, (_, index) => ({
      service,
      name: count === 1 ? service : `${service}.${index + 1}`
    }))
  })
  const urls = await freeAddresses(names.length)
  return names.map((name, index) => ({ ...name, url: urls[index] as string }))
}

function urlsOf(instances: readonly Instance[]): ServiceUrls {
  const urls: Record<string, string[]> = {}
  for (const { service, url } of instances) urls[service] = [...(urls[service] ?? []), url]
  return urls
}

function processesOf(
  options: SplitOptions,
  instances: readonly Instance[],
  clock: Clock
): readonly ServiceProcess[] {
  const { file, setting, companions, env, log } = options
  const names = instances.map(({ name }) => name)
  const says = processLog(
    log,
    names,
    setting.logFile === undefined && process.stderr.isTTY ? process.stderr : undefined
  )
  const urls = urlsOf(instances)
  return instances.map(
    ({ service, name, url }) =>
      new ServiceProcess({
        name,
        args: [
          ...process.execArgv,
          process.argv[1] ?? '',
          ...['run', service, '--config', file, '--data', setting.directory],
          ...(setting.profile === undefined ? [] : ['--profile', setting.profile]),
          ...['--port', new URL(url).port, '--log', '--log-level', setting.level]
        ],
        env: { ...env, ...companions.env, ...addressesEnv(urls) },
        clock,
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
 * Starts each service in a process of its own, or in as many as the profile says, and listens for all of them at one address. A process that ends is
 * started again; the others go on. Fails as a whole: what it began is stopped again.
 */
export async function startedSplit(options: SplitOptions): Promise<Started> {
  const { config, setting, log } = options
  const { host, port } = setting
  const clock = systemClock()
  const ids = systemIds()
  const instances = await placed(options)
  const urls = urlsOf(instances)
  const processes = processesOf(options, instances, clock)
  const bus = httpFeedBus({ urls: (service) => urls[service], clock, ids, log, local: localBus() })
  const remote = remoteSystem({
    definition: config.system,
    addresses: (service) => urls[service] ?? [],
    bus,
    clock
  })
  return startedRun(
    config,
    async () => systemOf(processes, remote),
    async (system) => {
      await startAll(processes)
      return servedWhole(config, { system, bus, clock, ids, log, port, host })
    }
  )
}
