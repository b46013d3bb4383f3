import { join, resolve } from 'node:path'
import type { PinoLogOptions } from '../adapters/node/index.ts'
import { Failure } from '../core/index.ts'
import { type Call, wholeNumber } from './call.ts'

const portDefault = 4000
const levels: readonly PinoLogOptions['level'][] = ['debug', 'info', 'warn', 'error', 'silent']

/** The directory of the data, absolute: as an option says, or the environment, or `.data` here. */
export function dataDirectory(call: Call): string {
  return resolve(call.setting('data', 'SKERRY_DATA')?.value ?? '.data')
}

/** The name of the profile, as an option says, or the environment. */
export function profileName(call: Call): string | undefined {
  return call.setting('profile', 'SKERRY_PROFILE')?.value
}

/** How a run was asked for. */
export interface RunSetting {
  readonly directory: string
  readonly host: string
  readonly port: number
  readonly level: PinoLogOptions['level']
  /** The profile of the config that was chosen. */
  readonly profile: string | undefined
  /** The address by which other machines reach this process, where it is not the one that it listens at. */
  readonly advertised: string | undefined
  /** Where the log goes; standard error when undefined. */
  readonly logFile: string | undefined
}

function levelOf(call: Call): PinoLogOptions['level'] {
  const typed = call.text('log-level') ?? 'info'
  const level = levels.find((one) => one === typed)
  if (level) return level
  throw new Failure('USAGE_INVALID', {
    hint: `--log-level is '${typed}', but it is one of ${levels.join(', ')}.`
  })
}

function advertisedUrl(call: Call): string | undefined {
  const given = call.setting('advertise', 'SKERRY_ADVERTISE')
  if (given === undefined) return undefined
  const url = URL.canParse(given.value) ? new URL(given.value) : undefined
  if (url?.protocol === 'http:' && url.pathname === '/') return url.origin
  const hint = `${given.from} is '${given.value}', but it is an address such as http://10.0.0.7:4001.`
  throw new Failure('USAGE_INVALID', { hint })
}

/** Parts of a system may share a directory: each has a log of its own, which no other begins anew. */
function logName(services: readonly string[]): string {
  const named = services.filter((name) => /^[\w-]+$/.test(name))
  return `${['skerry', ...named].join('-')}.log`
}

/** Fails with `USAGE_INVALID` for what cannot be meant. */
export function runSetting(call: Call): RunSetting {
  const directory = dataDirectory(call)
  const port = call.setting('port', 'PORT')
  return {
    directory,
    host: call.text('host') ?? '127.0.0.1',
    port: wholeNumber(port?.from ?? '', port?.value, 0, 65_535) ?? portDefault,
    level: levelOf(call),
    profile: profileName(call),
    advertised: advertisedUrl(call),
    logFile: call.flag('log') ? undefined : join(directory, logName(call.words))
  }
}
