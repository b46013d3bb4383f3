import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '../system/child.ts'
import { standsStill } from './process-state.ts'
import { isProgram } from './programs.ts'
import { storedBytes } from './stored-bytes.ts'

/** How a server differs from one with JetStream and nothing else. */
export interface NatsServerOptions {
  /** Default true. */
  readonly jetStream?: boolean
  /** Lines for its configuration: limits, users, the other servers of a cluster. */
  readonly lines?: readonly string[]
  readonly name?: string
  readonly port?: number
}

const startMaxMs = 20_000

function programs(): readonly string[] {
  // Where Debian puts it, a user's path often does not lead.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin']
  return directories.map((directory) => join(directory, 'nats-server'))
}

/** What is missing for a server to be started; undefined when nothing is. */
export function natsMissing(): string | undefined {
  return programs().some(isProgram)
    ? undefined
    : 'There is no nats-server on the PATH: apt-get install nats-server, or a binary of nats.io.'
}

/** A server of its own in a throwaway directory, on a free port of this machine. */
export class NatsServer {
  readonly port: number
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'skerry-nats-'))
  readonly #configuration: string
  #child: ChildProcess | undefined
  #said = ''

  constructor(port: number, options: NatsServerOptions) {
    const { jetStream = true, lines = [], name = `skerry-${port}` } = options
    this.port = port
    this.#configuration = join(this.#directory, 'server.conf')
    const store = jetStream ? [`jetstream { store_dir: "${this.#store}", max_file_store: 1GB }`] : []
    writeFileSync(
      this.#configuration,
      [`listen: "127.0.0.1:${port}"`, `server_name: "${name}"`, ...store, ...lines, ''].join('\n')
    )
    mkdirSync(this.#store)
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** What it has logged since it was started. */
  get said(): string {
    return this.#said
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get #store(): string {
    return join(this.#directory, 'store')
  }

  get #copy(): string {
    return join(this.#directory, 'copy')
  }

  /** Starts it, and resolves when it takes connections. */
  async start(): Promise<void> {
    const program = programs().find(isProgram)
    if (program === undefined) throw new Error(natsMissing())
    this.#said = ''
    const child = spawn(program, ['-c', this.#configuration], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    const killed = (): boolean => child.kill('SIGKILL')
    process.once('exit', killed)
    child.once('exit', () => process.off('exit', killed))
    let ready = (_: string): void => {}
    const settled = new Promise<string>((resolve) => {
      ready = resolve
    })
    child.stderr?.on('data', (text: Buffer) => {
      this.#said += text.toString()
      if (this.#said.includes('Server is ready')) ready('ready')
    })
    child.once('exit', () => ready('ended'))
    const limit = AbortSignal.timeout(startMaxMs)
    limit.addEventListener('abort', () => ready('silent'))
    const how = await settled
    if (how !== 'ready') throw new Error(`nats-server is ${how}: ${this.#said}`)
  }

  /** Stops it in good order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** Ends it as a crash does. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** It holds its connections and says nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** It is paused. */
  get still(): boolean {
    return this.running && standsStill(this.#child?.pid ?? 0)
  }

  /** How much is in its store, in bytes. */
  get storedBytes(): number {
    return storedBytes(this.#store)
  }

  /** Empties its store; only while it does not run. */
  wipe(): void {
    this.#mustRest()
    rmSync(this.#store, { recursive: true, force: true })
    mkdirSync(this.#store)
  }

  /** Keeps a copy of its store; only while it does not run. */
  save(): void {
    this.#mustRest()
    rmSync(this.#copy, { recursive: true, force: true })
    cpSync(this.#store, this.#copy, { recursive: true })
  }

  /** Puts the copy that was kept in place of its store; only while it does not run. */
  restore(): void {
    this.wipe()
    cpSync(this.#copy, this.#store, { recursive: true })
  }

  /** Ends it and removes its files. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #mustRest(): void {
    if (this.running) throw new Error('The store of a running server must not be touched.')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || !this.running) return
    const ended = once(child, 'exit')
    child.kill(signal)
    // A process that is paused takes no signal but this one.
    if (signal === 'SIGKILL') child.kill('SIGCONT')
    await ended
  }
}

/** Starts a server. */
export async function natsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = new NatsServer(options.port ?? (await freePort()), options)
  await server.start()
  return server
}

/** Starts a cluster whose servers know each other. */
export async function natsCluster(size: number): Promise<readonly NatsServer[]> {
  const ports: number[] = []
  while (ports.length < 2 * size) {
    const port = await freePort()
    if (!ports.includes(port)) ports.push(port)
  }
  const routes = ports.slice(size).map((port) => `"nats://127.0.0.1:${port}"`)
  const servers = routes.map(
    (_, index) =>
      new NatsServer(ports[index] as number, {
        name: `skerry-${index}`,
        lines: [
          `cluster { name: skerry, listen: "127.0.0.1:${ports[size + index]}", routes: [${routes.join()}] }`
        ]
      })
  )
  await Promise.all(servers.map((server) => server.start()))
  return servers
}
