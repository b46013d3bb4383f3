import { mkdirSync } from 'node:fs'
import { Failure } from '../core/index.ts'
import type { Retention, Store } from '../ports/index.ts'
import type { Call } from './call.ts'
import type { Config } from './config.ts'
import { lookedAtConfig } from './looked-at-config.ts'
import { storeOpener, storeReadiness } from './open-store.ts'
import { chosenProfile } from './profile.ts'
import { dataDirectory, profileName } from './run-setting.ts'
import { checkService, describedPlace } from './service-place.ts'

/** The store of a service whose log is kept in ranges, while something is done with it. */
export interface OpenedRetention {
  readonly service: string
  readonly config: Config
  readonly store: Store
  readonly retention: Retention
  /** Where it is, in words. */
  readonly place: string
}

/**
 * Opens the store of the service that a call names, in its profile, beside the instances that run on it. Fails with
 * `USAGE_INVALID` where a store keeps all of its log, with `STORE_UNAVAILABLE` where there is none yet or
 * that of an older version, which would be brought forward under the instances that run.
 */
export function withRetention<Result>(
  call: Call,
  task: (opened: OpenedRetention) => Promise<Result>
): Promise<Result> {
  const [service = ''] = call.words
  const directory = dataDirectory(call)
  // The function of a config may count on it.
  mkdirSync(directory, { recursive: true })
  return lookedAtConfig(call, async (config) => {
    checkService(service, config)
    const profile = chosenProfile(config.profiles, profileName(call), config.system)
    const at = profile.storeOf(service)
    const place = describedPlace(profile, service, directory)
    if (at.kind === 'sqlite')
      throw new Failure('USAGE_INVALID', {
        hint: `${service} keeps its data in ${place}: a file keeps all of its log. Choose a profile in which it is on PostgreSQL with --profile, or move it there: skerry move ${service} --to PROFILE`
      })
    // Opening it would make it.
    const { found, version, known } = await storeReadiness(service, at)
    if (found !== 'made')
      throw new Failure('STORE_UNAVAILABLE', { hint: `There are no data of ${service} at ${place}.` })
    if (version < known)
      throw new Failure('STORE_UNAVAILABLE', {
        hint: `The data of ${service} at ${place} have version ${version}, and come to ${known} when the service starts in this version: start it first.`
      })
    const store = await storeOpener(profile, directory)(service)
    try {
      return await task({ service, config, store, retention: store.retention as Retention, place })
    } finally {
      await store.close()
    }
  })
}
