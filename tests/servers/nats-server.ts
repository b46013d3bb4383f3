import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { freePort } from '../system/child.ts'
import { isProgram } from './programs.ts'
import { ServerProcess, startTogether } from './server-process.ts'

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
export class NatsServer extends ServerProcess {
  readonly port: number
  readonly #configuration: string

  constructor(port: number, options: NatsServerOptions) {
    super('nats')
    const { jetStream = true, lines = [], name = `skerry-${port}` } = options
    this.port = port
    this.#configuration = join(this.directory, 'server.conf')
    const store = jetStream ? [`jetstream { store_dir: "${this.data}", max_file_store: 1GB }`] : []
    writeFileSync(
      this.#configuration,
      [`listen: "127.0.0.1:${port}"`, `server_name: "${name}"`, ...store, ...lines, ''].join('\n')
    )
    mkdirSync(this.data)
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Starts it, and resolves when it takes connections. */
  async start(): Promise<void> {
    const program = programs().find(isProgram)
    if (program === undefined) throw new Error(natsMissing())
    const parameters = ['-c', this.#configuration]
    await this.launch({
      name: 'nats-server',
      program,
      parameters,
      ready: 'Server is ready',
      withinMs: startMaxMs
    })
  }

  /** Empties its store; only while it does not run. */
  wipe(): void {
    this.mustRest()
    rmSync(this.data, { recursive: true, force: true })
    mkdirSync(this.data)
  }
}

/** Starts a server. */
export async function natsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const [server] = await startTogether([new NatsServer(options.port ?? (await freePort()), options)])
  return server as NatsServer
}

/** Starts a cluster whose servers know each other; a server alone where it has one. */
export async function natsCluster(size: number): Promise<readonly NatsServer[]> {
  if (size === 1) return [await natsServer()]
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
  return startTogether(servers)
}
