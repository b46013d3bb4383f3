import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { steady } from './steady-output.ts'

/** Where a session is played. */
export interface Stage {
  /** The directory that is typed in. */
  readonly directory: string
  /** Where the programs of the session may be put: a directory of its own. */
  readonly bin: string
  /** What is `/tmp` in the session. */
  readonly temporary?: string
  /** `skerry` is the program of the repository instead of an installed one. */
  readonly fromSource?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Where the first addresses of the session are, from 4000 on: those that its lines name before anybody listens there. */
  readonly ports?: readonly number[]
  /** Where the servers of the session are, by the port that they have in it. */
  readonly servers?: Readonly<Record<string, number>>
  /** What a line does, in place of a program that machines of tests need not have. */
  readonly instead?: Readonly<Record<string, () => Promise<void>>>
}

/** A program that goes on while others are typed, in a terminal of its own. */
interface Server {
  readonly process: ChildProcess
  said: string
}

interface Typed {
  /** The lines as they stand in the session, from the prompt on. */
  readonly shown: string
  readonly command: string
  readonly recorded: string
}

const patienceMs = 45_000
const calmMs = 1_500
const commandMs = 180_000
const lookMs = 150

/** A session as lines of regions and commands, each with what it printed when it was recorded. */
function parsed(session: string): readonly (string | Typed)[] {
  const parts: (string | Typed)[] = []
  const lines = session.replace(/\n$/, '').split('\n')
  const isStart = (line: string): boolean => /^(\$ |\^C$|# #(end)?region\b)/.test(line)
  for (let at = 0; at < lines.length; ) {
    const shown = [lines[at++] ?? '']
    while (shown.at(-1)?.endsWith('\\')) shown.push(lines[at++] ?? '')
    const recorded: string[] = []
    if (!/^[$^]/.test(shown[0] ?? '')) {
      parts.push(shown.join('\n'))
      continue
    }
    while (at < lines.length && !isStart(lines[at] ?? '')) recorded.push(lines[at++] ?? '')
    const text = recorded.map((line) => `${line}\n`).join('')
    parts.push({ shown: shown.join('\n'), command: shown.join('\n').replace(/^\$ /, ''), recorded: text })
  }
  return parts
}

/** Puts `npx` and `curl` where the session finds them first. */
function shims({ bin, fromSource = false }: Stage): void {
  mkdirSync(bin, { recursive: true })
  const program = (name: string, line: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const node = `exec "${process.execPath}" --conditions=skerry-source`
  program('curl', `${node} "${fileURLToPath(import.meta.resolve('./curl.ts'))}" "$@"`)
  program('node', `exec "${process.execPath}" "$@"`)
  if (fromSource) program('npx', `shift\n${node} "${join(root, 'src/cli/main.ts')}" "$@"`)
}

/** As which process the first one is shown. */
const firstPid = 4711
/** Ports of tests are not below it. */
const listenLeast = 10_000

/** The session while it is played. */
class Player {
  readonly #stage: Stage
  /** The one that was started last is the last. */
  readonly #servers: Server[] = []
  /** Those that have not ended. */
  readonly #alive = new Set<ChildProcess>()
  #isOver = false
  readonly #ports: string[] = []
  readonly #pids: string[] = []
  readonly #exported: Record<string, string> = {}

  constructor(stage: Stage) {
    this.#stage = stage
    shims(stage)
  }

  #start(command: string): ChildProcess {
    if (this.#isOver) throw new Error(`The test was over before ${command}.`)
    const { directory, bin, ports = [0], env = {} } = this.#stage
    const { PATH = '', HOME = '' } = process.env
    const surroundings = { HOME, PORT: `${ports[0]}`, NO_COLOR: '1', ...env, ...this.#exported }
    const child = spawn('sh', ['-c', command], {
      cwd: directory,
      env: { ...surroundings, PATH: `${bin}${delimiter}${PATH}` },
      detached: true
    })
    this.#alive.add(child)
    child.on('close', () => this.#alive.delete(child))
    return child
  }

  #shownPort(port: string): number | string {
    const [server] = Object.entries(this.#stage.servers ?? {}).find(([, own]) => `${own}` === port) ?? []
    if (server !== undefined) return server
    // An example in what is said, and nothing that listens.
    if (Number(port) < listenLeast) return port
    if (!this.#ports.includes(port)) this.#ports.push(port)
    return 4000 + this.#ports.indexOf(port)
  }

  #shownPid(pid: string): number {
    if (!this.#pids.includes(pid)) this.#pids.push(pid)
    return firstPid + this.#pids.indexOf(pid)
  }

  /** Addresses as a reader has them: the system at 4000, what runs beside it at 4001 and so on. */
  #shown(output: string): string {
    const { directory, temporary = '/tmp' } = this.#stage
    return steady(
      output
        .replaceAll(directory, '/home/you/hire')
        .replaceAll(temporary, '/tmp')
        .replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${this.#shownPort(port)}`)
        .replace(/(?<=on Node \S+, process )\d+|(?<="pid":)\d+/g, (pid) => `${this.#shownPid(pid)}`)
    )
  }

  #meant(command: string): string {
    const { temporary = '/tmp' } = this.#stage
    return command
      .replaceAll('/tmp/', `${temporary}/`)
      .replace(/(?<=127\.0\.0\.1:|--port )4(\d{3})/g, (same, offset) => this.#ports[Number(offset)] ?? same)
      .replace(/(?<=kill .*)47\d\d/g, (same) => this.#pids[Number(same) - firstPid] ?? same)
  }

  /** Starts what goes on; gives what it says until it listens, or until it has ended, as the session has it. */
  async #serve({ command, recorded }: Typed): Promise<string> {
    if (this.#servers.length === 0) {
      // A new run of the same system is shown at the same address, and as the same process.
      this.#ports.splice(0, Number.POSITIVE_INFINITY, ...(this.#stage.ports ?? []).map(String))
      this.#pids.length = 0
    }
    const server: Server = { process: this.#start(this.#meant(command)), said: '' }
    this.#servers.push(server)
    const { stdout, stderr } = server.process
    const hear = (part: Buffer): void => {
      server.said += part.toString()
    }
    stdout?.on('data', hear)
    stderr?.on('data', hear)
    const ended = once(server.process, 'close')
    while (!/^stop +\S/m.test(server.said)) {
      const more = [stdout, stderr].map((stream) => stream && once(stream, 'data'))
      const over = await Promise.race([...more, ended.then(() => 'over')])
      if (over !== 'over') continue
      this.#servers.pop()
      if (recorded === '' || recorded.startsWith('skerry: ')) break
      throw new Error(`${command} ended: ${server.said}`)
    }
    const greeted = server.said
    server.said = ''
    return this.#shown(greeted)
  }

  /** Stops the server that was started last, as Ctrl-C does, and gives its last words. */
  async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<string> {
    const server = this.#servers.pop()
    if (server === undefined) return ''
    const { pid, exitCode, signalCode } = server.process
    if (pid === undefined || exitCode !== null || signalCode !== null) return ''
    const closed = once(server.process, 'close')
    process.kill(-pid, signal)
    const late = setTimeout(() => server.process.kill('SIGKILL'), patienceMs)
    await closed
    clearTimeout(late)
    return this.#shown(server.said)
  }

  async end(): Promise<void> {
    while (this.#servers.length > 0) await this.interrupt('SIGTERM')
  }

  /** Kills what runs, and starts nothing more: a test whose time is up does not wait for the session. */
  abandon(): void {
    this.#isOver = true
    for (const { pid } of this.#alive) if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  }

  async #run(command: string): Promise<string> {
    const child = this.#start(this.#meant(command))
    let output = ''
    let stopped: Promise<string> | undefined
    const hear = (part: Buffer): void => {
      output += part.toString()
      // A move that follows a run to its end: in the terminal of that run, Ctrl-C is typed.
      if (/^running +stop /m.test(output)) stopped ??= this.interrupt()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    const late = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), commandMs)
    await once(child, 'close')
    clearTimeout(late)
    await stopped
    const shown = this.#shown(output)
    return shown === '' || shown.endsWith('\n') ? shown : `${shown}\n`
  }

  /** What a line prints. What only reads is asked again until it says what was recorded, or, the first time, is calm. */
  async type(typed: Typed): Promise<string> {
    const { command, recorded } = typed
    if (command === '^C') return this.interrupt()
    if (command === 'kill -9 4711') return this.interrupt('SIGKILL')
    const { [command]: instead } = this.#stage.instead ?? {}
    if (instead) {
      await instead()
      return ''
    }
    const [, name, value] = /^export (\w+)=(\S+)$/.exec(command) ?? []
    if (name !== undefined && value !== undefined) {
      this.#exported[name] = this.#meant(value)
      return ''
    }
    if (/^(npx skerry run|npm start)\b/.test(command)) return this.#serve(typed)
    const reads = /^(grep|curl (?!.* -d )(?!.* -X )|npx skerry (inspect|doctor|dlq list|dlq show))/s.test(
      command
    )
    if (!reads) return this.#run(command)
    const begunMs = Date.now()
    const [ports, pids] = [this.#ports.length, this.#pids.length]
    let output = await this.#run(command)
    let sinceMs = begunMs
    const calm = (): boolean => recorded === '' && Date.now() - sinceMs >= calmMs
    while (output !== recorded && !calm() && Date.now() - begunMs < patienceMs) {
      await new Promise((resolve) => setTimeout(resolve, lookMs))
      // What is not shown after all does not give its addresses and processes the next numbers.
      this.#ports.length = ports
      this.#pids.length = pids
      const next = await this.#run(command)
      if (next !== output) sinceMs = Date.now()
      output = next
    }
    return output
  }
}

/**
 * Plays a recorded session again: types each line behind `$` in a shell and gives the whole session with what was
 * printed now. `npx skerry run` and `npm start` go on until `^C`, `kill -9 4711` or the end; of several, `^C` stops the
 * one that was started last.
 */
export async function played(session: string, stage: Stage): Promise<string> {
  const player = new Player(stage)
  onTestFinished(() => player.abandon())
  let text = ''
  try {
    for (const part of parsed(session))
      text += typeof part === 'string' ? `${part}\n` : `${part.shown}\n${await player.type(part)}`
  } finally {
    await player.end()
  }
  return text
}
