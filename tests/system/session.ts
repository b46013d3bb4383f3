import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../scripts/source-files.ts'

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
}

interface Typed {
  /** The lines as they stand in the session, from the prompt on. */
  readonly shown: string
  readonly command: string
  readonly recorded: string
}

const patienceMs = 20_000
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

/** How long a campaign of the simulator took, on a machine that is always the same. */
function paced(_: string, worlds: string, processes: string): string {
  const count = Number(worlds.replaceAll(',', ''))
  const perS = processes === '1' ? 2 : 130
  const on = processes === '1' ? '1 process' : '2 processes'
  return `worlds    ${worlds} in ${(count / perS).toFixed(1)} s on ${on}: ${perS}/s`
}

/** What differs from run to run gets one face, so that a session can be compared. */
function steady(output: string): string {
  return output
    .replace(/^\n+/, '')
    .replace(/^(> .*|npm warn .*)\n+/gm, '')
    .replace(/^(receiving stock|orders, returns|until delivered) +\d.*\n/gm, '')
    .replace(/\S+ on Node \S+, process \d+/, '0.1.0 on Node 26.10.0, process 4711')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '7d5c7a3e-6a0c-4b52-9d6f-0b1d3c1f8f27')
    .replace(/00-[0-9a-f]{32}-[0-9a-f]{16}-01/g, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')
    .replace(/"traceId":"[0-9a-f]{32}"/g, '"traceId":"4bf92f3577b34da6a3ce929d0e0e4736"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-21T09:00:00.000Z')
    .replace(/\b1[789]\d{11}\b/g, '1795251600000')
    .replace(/ \d+ (ms|s|min) {2,}(?=[A-Z_]+: )/g, ' 2 s  ')
    .replace(/ age {2,}failure$/gm, ' age  failure')
    .replace(/\d+(\.\d+)? GB free/, '77.2 GB free')
    .replace(/^worlds {4}([\d,]+) in .* on (\d+) process.*/gm, paced)
    .replace(/(RUN +v)[\d.]+ .*/g, '$15.1.1 /home/you/hire')
    .replace(/(tests?\)) \d+ ?ms/g, '$1 7ms')
    .replace(/(Start at +)[\d:]+/g, '$109:00:00')
    .replace(/(Duration +).*/g, '$1300ms')
    .replace(/[ \t]+$/gm, '')
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

/** The session while it is played. */
class Player {
  readonly #stage: Stage
  #server: ChildProcess | undefined
  #said = ''
  readonly #ports: string[] = []

  constructor(stage: Stage) {
    this.#stage = stage
    shims(stage)
  }

  #start(command: string): ChildProcess {
    const { directory, bin, env = {} } = this.#stage
    const { PATH = '', HOME = '' } = process.env
    const surroundings = { HOME, PORT: '0', NO_COLOR: '1', ...env, PATH: `${bin}${delimiter}${PATH}` }
    return spawn('sh', ['-c', command], { cwd: directory, env: surroundings, detached: true })
  }

  /** Addresses as a reader has them: the system at 4000, what runs beside it at 4001 and so on. */
  #shown(output: string): string {
    for (const [, port = ''] of output.matchAll(/127\.0\.0\.1:(\d+)/g))
      if (!this.#ports.includes(port)) this.#ports.push(port)
    const { temporary = '/tmp' } = this.#stage
    return steady(
      output
        .replaceAll(temporary, '/tmp')
        .replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${4000 + this.#ports.indexOf(port)}`)
    )
  }

  #meant(command: string): string {
    const { temporary = '/tmp' } = this.#stage
    return command.replaceAll('/tmp/', `${temporary}/`).replace(/127\.0\.0\.1:4(\d{3})/g, (same, offset) => {
      const port = this.#ports[Number(offset)]
      return port === undefined ? same : `127.0.0.1:${port}`
    })
  }

  async #serve(command: string): Promise<string> {
    // A new run of the same system is shown at the same address.
    this.#ports.length = 0
    const server = this.#start(command)
    this.#server = server
    this.#said = ''
    const hear = (part: Buffer): void => {
      this.#said += part.toString()
    }
    server.stdout?.on('data', hear)
    server.stderr?.on('data', hear)
    const ended = once(server, 'exit')
    while (!/^stop +\S/m.test(this.#said)) {
      const more = [server.stdout, server.stderr].map((stream) => stream && once(stream, 'data'))
      const over = await Promise.race([...more, ended.then(() => 'over')])
      if (over === 'over') throw new Error(`${command} ended: ${this.#said}`)
    }
    const greeted = this.#said
    this.#said = ''
    return this.#shown(greeted)
  }

  /** Stops the server as Ctrl-C does, and gives its last words. */
  async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<string> {
    const server = this.#server
    this.#server = undefined
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return ''
    const closed = once(server, 'close')
    process.kill(-server.pid, signal)
    const late = setTimeout(() => server.kill('SIGKILL'), patienceMs)
    await closed
    clearTimeout(late)
    return this.#shown(this.#said)
  }

  async #run(command: string): Promise<string> {
    const child = this.#start(this.#meant(command))
    let output = ''
    const hear = (part: Buffer): void => {
      output += part.toString()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    const late = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), commandMs)
    await once(child, 'close')
    clearTimeout(late)
    const shown = this.#shown(output)
    return shown === '' || shown.endsWith('\n') ? shown : `${shown}\n`
  }

  /** What a line prints. What only reads is asked again until it says what was recorded, or, the first time, is calm. */
  async type({ command, recorded }: Typed): Promise<string> {
    if (command === '^C') return this.interrupt()
    if (command === 'kill -9 4711') return this.interrupt('SIGKILL')
    if (/^(npx skerry run|npm start)\b/.test(command)) return this.#serve(command)
    const reads = /^(curl (?!.* -d )(?!.* -X )|npx skerry (inspect|doctor|dlq list|dlq show))/s.test(command)
    if (!reads) return this.#run(command)
    const begunMs = Date.now()
    let output = await this.#run(command)
    let sinceMs = begunMs
    const calm = (): boolean => recorded === '' && Date.now() - sinceMs >= calmMs
    while (output !== recorded && !calm() && Date.now() - begunMs < patienceMs) {
      await new Promise((resolve) => setTimeout(resolve, lookMs))
      const next = await this.#run(command)
      if (next !== output) sinceMs = Date.now()
      output = next
    }
    return output
  }
}

/**
 * Plays a recorded session again: types each line behind `$` in a shell and gives the whole session with what was
 * printed now. `npx skerry run` and `npm start` go on until `^C`, `kill -9 4711` or the end.
 */
export async function played(session: string, stage: Stage): Promise<string> {
  const player = new Player(stage)
  let text = ''
  try {
    for (const part of parsed(session))
      text += typeof part === 'string' ? `${part}\n` : `${part.shown}\n${await player.type(part)}`
  } finally {
    await player.interrupt('SIGTERM')
  }
  return text
}
