import { mkdirSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { pinoLog } from '../adapters/node/index.ts'
import { Failure, toFailure } from '../core/index.ts'
import type { Log } from '../ports/index.ts'
import type { Call } from './call.ts'
import { endOnCrash } from './crash.ts'
import { type DirectoryLock, lockDirectory } from './directory-lock.ts'
import { configFile, configured, loadConfig } from './load-config.ts'
import { logFile } from './log-file.ts'
import { readRunRecord, removeRunRecord, writeRunRecord } from './run-record.ts'
import { runDocument, runLines } from './run-report.ts'
import { type RunSetting, runSetting } from './run-setting.ts'
import { drain, type Started, startedSystem } from './started-system.ts'
import { stopSignal } from './stop-signal.ts'
import { version } from './version.ts'

/** A drain has bounds in each of its parts; this is for what the user's own code may hold up. */
const drainMs = 30_000
/** Other commands hold the lock of a directory for a moment, to see whether anything runs on it. */
const lookMs = 250

function lockedDirectory(directory: string): DirectoryLock | undefined {
  try {
    mkdirSync(directory, { recursive: true })
    return lockDirectory(directory, lookMs)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const hint = `${directory} cannot be made or written (${reason}): choose another with --data.`
    throw new Failure('STORE_UNAVAILABLE', { hint }, thrown)
  }
}

function takeDirectory(directory: string): DirectoryLock {
  const lock = lockedDirectory(directory)
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

/** The address by which programs on this machine reach a gateway that listens on every address. */
function ownAddress(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

/** Says that the system runs: to whoever started it, to other commands, and to the log. */
function announce(call: Call, setting: RunSetting, { config, edge }: Started, log: Log): void {
  const { directory, port, logFile: file } = setting
  const record = {
    system: config.system.name,
    url: ownAddress(edge.url),
    pid: process.pid,
    version: version()
  }
  try {
    writeRunRecord(directory, { ...record, started: new Date().toISOString() })
  } catch (thrown) {
    // On a full disk the system runs all the same, and mends itself when there is space again.
    log.warn('other commands need --url to find this run', { error: thrown })
  }
  log.info('the system runs', record)
  const isOther = port !== 0 && !edge.url.endsWith(`:${port}`)
  const takenPort = isOther ? port : undefined
  const facts = { config, version: version(), url: edge.url, takenPort, directory, logFile: file }
  call.terminal.out(call.json ? JSON.stringify(runDocument(facts)) : runLines(facts).join('\n'))
}

/** Finishes what was accepted; ends the process when the user's own code does not let it come to an end. */
async function stop(call: Call, started: Started, log: Log, signal: NodeJS.Signals): Promise<void> {
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
  await drain(started)
  clearTimeout(late)
  log.info('the system has stopped', { system })
}

/** `skerry run`: resolves when the system has stopped. */
export async function run(call: Call): Promise<number> {
  const setting = runSetting(call)
  const { directory } = setting
  const file = configFile(call.text('config'))
  const source = await loadConfig(file)
  const lock = takeDirectory(directory)
  // A run that was killed left one; until this one listens, nothing does.
  removeRunRecord(directory)
  const log = openLog(setting)
  endOnCrash(log, call.terminal)
  try {
    const config = await configured(file, source, { dataDirectory: directory, env: call.env, log })
    const started = await startedSystem(config, setting, log)
    const signalled = stopSignal()
    announce(call, setting, started, log)
    // A process that is killed writes nothing at its end: what was compiled is kept from here on.
    flushCompileCache()
    await stop(call, started, log, await signalled)
    removeRunRecord(directory)
    return 0
  } catch (thrown) {
    log.error('the system failed', { error: thrown })
    throw toFailure(thrown)
  } finally {
    lock.release()
  }
}
