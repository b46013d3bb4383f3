import { mkdirSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { pinoLog } from '../adapters/node/index.ts'
import { Failure, toFailure } from '../core/index.ts'
import type { Log } from '../ports/index.ts'
import type { Call } from './call.ts'
import { Companions } from './companions.ts'
import type { Config, ConfigSource } from './config.ts'
import { endOnCrash } from './crash.ts'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { checkLeftBehind, type LeftInFile, leftBehind } from './left-in-files.ts'
import { ownAddress } from './listen.ts'
import { configFile, configured, loadConfig } from './load-config.ts'
import { logFile } from './log-file.ts'
import { type ChosenProfile, chosenProfile } from './profile.ts'
import { readRunRecord, removeRunRecord, writeRunRecord } from './run-record.ts'
import { runDocument, runLines } from './run-report.ts'
import { type RunSetting, runSetting } from './run-setting.ts'
import { checkService } from './service-place.ts'
import type { Started } from './started-run.ts'
import { startedSplit } from './started-split.ts'
import { startedServices, startedSystem } from './started-system.ts'
import { stopSignal } from './stop-signal.ts'
import { version } from './version.ts'

/** A drain has bounds in each of its parts; this is for what the user's own code may hold up. */
const drainMs = 30_000
/** Other commands hold the lock of a directory for a moment, to see whether anything runs on it. */
const lookMs = 250

/** Does something to a directory; what goes wrong with that is told with its name. */
function usingDirectory<Result>(directory: string, task: () => Result): Result {
  try {
    return task()
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const hint = `${directory} cannot be made or written (${reason}): choose another with --data.`
    throw new Failure('STORE_UNAVAILABLE', { hint }, thrown)
  }
}

function takeDirectory(directory: string): DirectoryLock {
  const lock = usingDirectory(directory, () => lockDirectory(directory, lookMs))
  if (lock) return lock
  const record = readRunRecord(directory)
  const who = record
    ? `process ${record.pid} runs ${record.system} at ${record.url} on it`
    : 'another process runs on it'
  const hint = `${directory}: ${who}. Stop that one, or give this one another --data.`
  throw new Failure('STORE_LOCKED', { hint })
}

function openLog({ level, logFile: file }: RunSetting): Log {
  if (file === undefined) return pinoLog({ level, pretty: process.stderr.isTTY })
  return pinoLog({ level, destination: logFile(file) })
}

/** Whether all services run here, or in processes of this run. */
function isWhole(call: Call): boolean {
  return call.words.length === 0
}

/** Says that the system runs: to whoever started it, to other commands, and to the log. */
function announce(
  { call, setting, companions, log }: RunParts,
  { config, running, edge }: Started,
  { left, profile }: { readonly left: readonly LeftInFile[]; readonly profile: ChosenProfile }
): void {
  const { directory, port, logFile: file } = setting
  const record = {
    system: config.system.name,
    url: ownAddress(edge.url),
    pid: process.pid,
    version: version()
  }
  try {
    if (isWhole(call)) writeRunRecord(directory, { ...record, started: new Date().toISOString() })
  } catch (thrown) {
    // On a full disk the system runs all the same, and mends itself when there is space again.
    log.warn('other commands need --url to find this run', { error: thrown })
  }
  log.info('the system runs', record)
  const isOther = port !== 0 && !edge.url.endsWith(`:${port}`)
  const facts = {
    config,
    services: [...running.services.keys()],
    split: call.flag('split'),
    instancesOf: profile.instancesOf,
    companions: companions.list,
    version: version(),
    url: edge.url,
    takenPort: isOther ? port : undefined,
    directory,
    profile: setting.profile,
    leftInFiles: left,
    logFile: file
  }
  // A process of a larger run is heard of by the one that started it.
  if (process.send) process.send('ready')
  else call.terminal.out(call.json ? JSON.stringify(runDocument(facts)) : runLines(facts).join('\n'))
}

/** Finishes what was accepted; ends the process when the user's own code does not let it come to an end. */
async function stop(call: Call, started: Started, log: Log, signal: string): Promise<void> {
  const { terminal } = call
  const system = started.config.system.name
  log.info('the system stops', { system, signal })
  if (!call.json) terminal.out(`${signal}: finishing what was accepted`)
  const late = setTimeout(() => {
    terminal.err(
      `skerry: not all of it stopped within ${drainMs / 1_000} s. It ends now; what it accepted is stored.`
    )
    process.exit(1)
  }, drainMs)
  await started.drain()
  clearTimeout(late)
  log.info('the system has stopped', { system })
}

/** The services that this process shall run; all of them when none is named. */
function servicesNamed(words: readonly string[], config: Config): readonly string[] {
  for (const name of words) checkService(name, config)
  return words
}

/** Resolves when the process that started this one to be part of a larger run is gone. */
function orphaned(): Promise<string> {
  return new Promise((resolve) => process.once('disconnect', () => resolve('orphaned')))
}

interface RunParts {
  readonly call: Call
  readonly setting: RunSetting
  readonly file: string
  readonly log: Log
  readonly companions: Companions
  readonly orphaned: Promise<string>
}

function started(
  { call, setting, file, log, companions }: RunParts,
  config: Config,
  profile: ChosenProfile
): Promise<Started> {
  const { env } = call
  if (call.flag('split')) return startedSplit({ config, profile, file, setting, companions, env, log })
  const place = { config, profile, setting, log }
  const only = servicesNamed(call.words, config)
  if (only.length === 0) return startedSystem(place)
  return startedServices(place, only, env)
}

/** What begins with nothing though files have data of it. Fails when that would tear the system apart. */
async function leftByRun(
  { call, setting, log }: RunParts,
  { system }: Config,
  profile: ChosenProfile
): Promise<readonly LeftInFile[]> {
  // For a process of a larger run, the one that started it has looked.
  if (process.send) return []
  const all = [...system.services.keys()]
  const run = isWhole(call) ? all : call.words
  const found = await leftBehind(profile, setting.directory, { all, run })
  checkLeftBehind(found, profile, call)
  for (const { service, file, events } of found.left)
    log.warn('a service begins with nothing, though a file has data of it', { service, file, events })
  return found.left
}

/** Runs until it is asked to end. */
async function runUntilStopped(parts: RunParts, source: ConfigSource): Promise<void> {
  const { call, setting, file, log, companions } = parts
  const { directory } = setting
  const { start: companion } = companions
  try {
    const config = await configured(file, source, { dataDirectory: directory, env: call.env, log, companion })
    const profile = chosenProfile(config.profiles, setting.profile, config.system)
    const left = await leftByRun(parts, config, profile)
    const running = await started(parts, config, profile)
    const asked = Promise.race([stopSignal(), parts.orphaned])
    announce(parts, running, { left, profile })
    // A process that is killed writes nothing at its end: what was compiled is kept from here on.
    flushCompileCache()
    await stop(call, running, log, await asked)
  } catch (thrown) {
    log.error('the system failed', { error: thrown })
    throw toFailure(thrown)
  } finally {
    await companions.close()
  }
}

/** `skerry run`: resolves when the system, or the part of it that runs here, has stopped. */
export async function run(call: Call): Promise<number> {
  // From the beginning on: a parent that is gone by the time this one runs is not heard of again.
  const parentGone = orphaned()
  const setting = runSetting(call)
  const { directory } = setting
  if (call.flag('split') && !isWhole(call))
    throw new Failure('USAGE_INVALID', {
      hint: 'Either name the services of this process, or let --split start a process for each.'
    })
  const file = configFile(call.text('config'))
  const source = await loadConfig(file)
  usingDirectory(directory, () => mkdirSync(directory, { recursive: true }))
  // Parts of a system share a directory; each of their databases has a lock of its own.
  const lock = isWhole(call) ? takeDirectory(directory) : undefined
  // A run that was killed left one; until this one listens, nothing does.
  if (lock) removeRunRecord(directory)
  const log = openLog(setting)
  endOnCrash(log, call.terminal)
  try {
    const companions = new Companions(call.env)
    await runUntilStopped({ call, setting, file, log, companions, orphaned: parentGone }, source)
    if (lock) removeRunRecord(directory)
    return 0
  } finally {
    lock?.release()
    if (process.connected) process.disconnect?.()
  }
}
