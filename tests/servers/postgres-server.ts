import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Pool, type PoolConfig } from 'pg'
import { childrenOf, freePort, until } from '../system/child.ts'
import { postgresBinaries, postgresMissing, serverUser } from './postgres-binaries.ts'
import { isGone, standsStill } from './process-state.ts'

const execute = promisify(execFile)

/** How a server is stopped: in good order, or as if the power had failed. */
type StopMode = 'fast' | 'immediate'

const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** Settings of every throwaway server; what concerns durability is as it is by default. */
const settings = [
  'unix_socket_directories=',
  'listen_addresses=127.0.0.1',
  'max_connections=120',
  'log_min_messages=fatal'
]

/** Of a server for tests: several of them fit on a small machine. */
const small = ['shared_buffers=64MB', 'max_wal_size=256MB']

/** Of a server for measurements: what the documentation of PostgreSQL has as defaults. */
export const byDefault: readonly string[] = ['shared_buffers=128MB', 'max_wal_size=1GB']

/** A PostgreSQL of its own on 127.0.0.1, in a throwaway directory. */
export class PostgresServer {
  readonly port: number
  readonly #directory: string
  readonly #binaries: string
  readonly #size: readonly string[]
  #process: ChildProcess | undefined
  #log = ''

  private constructor(directory: string, port: number, binaries: string, size: readonly string[]) {
    this.#directory = directory
    this.port = port
    this.#binaries = binaries
    this.#size = size
  }

  /** The process that all others of it are started by, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  static async #empty(size: readonly string[]): Promise<PostgresServer> {
    const binaries = postgresBinaries()
    if (!binaries) throw new Error(postgresMissing())
    const directory = await mkdtemp(join(tmpdir(), 'skerry-postgres-'))
    await chmod(directory, 0o700)
    const user = serverUser()
    if (user) await chown(directory, user.uid, user.gid)
    return new PostgresServer(directory, await freePort(), binaries, size)
  }

  /** Makes a new cluster and starts it. */
  static async start(size: readonly string[] = small): Promise<PostgresServer> {
    const server = await PostgresServer.#empty(size)
    const options = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-locale', '--no-sync']
    try {
      await server.#run('initdb', ['--pgdata', server.#data, ...options])
      await server.begin()
      return server
    } catch (thrown) {
      await server.remove()
      throw thrown
    }
  }

  /** Makes a copy of it that follows it, and starts that. */
  async standby(): Promise<PostgresServer> {
    const copy = await PostgresServer.#empty(this.#size)
    const from = ['--host=127.0.0.1', `--port=${this.port}`, '--username=postgres', '--no-sync']
    const how = ['--write-recovery-conf', '--wal-method=stream', '--checkpoint=fast']
    await copy.#run('pg_basebackup', [`--pgdata=${copy.#data}`, ...from, ...how])
    await copy.begin()
    return copy
  }

  /** Makes a copy a server that takes writes. */
  async promote(): Promise<void> {
    await this.admin('postgres', 'SELECT pg_promote()')
  }

  get #data(): string {
    return join(this.#directory, 'data')
  }

  #spawn(program: string, parameters: readonly string[]): ChildProcess {
    const child = spawn(join(this.#binaries, program), parameters, {
      ...serverUser(),
      cwd: this.#directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { LC_ALL: 'C.UTF-8', PATH: this.#binaries }
    })
    const note = (text: Buffer): void => {
      this.#log = `${this.#log}${text}`.slice(-20_000)
    }
    child.stdout?.on('data', note)
    child.stderr?.on('data', note)
    return child
  }

  async #run(program: string, parameters: readonly string[]): Promise<void> {
    const child = this.#spawn(program, parameters)
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${this.#log}`)
  }

  /** Starts it on its data; resolves when it takes connections. */
  async begin(): Promise<void> {
    const options = [`port=${this.port}`, ...settings, ...this.#size].flatMap((setting) => ['-c', setting])
    const child = this.#spawn('postgres', ['-D', this.#data, ...options])
    this.#process = child
    process.once('exit', this.#killed)
    await until('PostgreSQL takes connections', async () => {
      if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}: ${this.#log}`)
      return this.#takesConnections()
    })
  }

  readonly #killed = (): void => {
    this.#process?.kill(signals.immediate)
  }

  async #takesConnections(): Promise<boolean> {
    const client = new Client({ host: '127.0.0.1', port: this.port, user: 'postgres', database: 'postgres' })
    client.on('error', () => undefined)
    return client.connect().then(
      async () => {
        await client.end()
        return true
      },
      () => false
    )
  }

  /** Stops it and waits until it has ended. */
  async stop(mode: StopMode): Promise<void> {
    const child = this.#process
    this.#process = undefined
    process.removeListener('exit', this.#killed)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill(signals[mode])
    await closed
  }

  async restart(mode: StopMode): Promise<void> {
    await this.stop(mode)
    await this.begin()
  }

  /** Stops it, keeps a copy of its data, and starts it again. */
  async save(): Promise<void> {
    await this.stop('fast')
    // With the owner and the modes, which the server looks at.
    await execute('cp', ['-a', this.#data, `${this.#data}-copy`])
    await this.begin()
  }

  /** Puts the copy that was kept in place of its data, as a backup that is too old. */
  async restore(): Promise<void> {
    await this.stop('immediate')
    await rm(this.#data, { recursive: true, force: true })
    await rename(`${this.#data}-copy`, this.#data)
    await this.begin()
  }

  /** What a client of this server is told, to reach one of its databases. */
  #addressOf(database: string): readonly string[] {
    return ['--host=127.0.0.1', `--port=${this.port}`, '--username=postgres', `--dbname=${database}`]
  }

  /** Takes a copy of a database with `pg_dump`, while others work on it; gives the file. */
  async dump(database: string): Promise<string> {
    const file = join(this.#directory, `${database}.sql`)
    await this.#run('pg_dump', [...this.#addressOf(database), `--file=${file}`])
    return file
  }

  /** Makes a database and puts a copy of another into it. */
  async putBack(file: string, database: string): Promise<void> {
    await this.admin('postgres', `CREATE DATABASE ${database} TEMPLATE template0`)
    const how = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--file=${file}`]
    await this.#run('psql', [...this.#addressOf(database), ...how])
  }

  /** The process that starts the others, and those that it has started. */
  #processes(): readonly [postmaster: number, ...others: number[]] {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('The server does not run.')
    return [pid, ...childrenOf(pid)]
  }

  /** Kills the process that starts the others with SIGKILL, and waits until these have seen it and are gone. */
  async kill(): Promise<void> {
    const processes = this.#processes()
    const child = this.#process as ChildProcess
    this.#process = undefined
    process.removeListener('exit', this.#killed)
    const closed = once(child, 'exit')
    child.kill('SIGKILL')
    await closed
    await until('the processes of the server are gone', async () => processes.every(isGone))
  }

  /** Stops all its processes where they stand: connections stay, and nobody answers. */
  async pause(): Promise<void> {
    for (const pid of this.#processes()) process.kill(pid, 'SIGSTOP')
    // What was started in between is stopped, too.
    for (const pid of this.#processes()) process.kill(pid, 'SIGSTOP')
    await until('all of it stands still', async () =>
      this.#processes().every((pid) => standsStill(pid) || isGone(pid))
    )
  }

  resume(): void {
    for (const pid of this.#processes().toReversed()) process.kill(pid, 'SIGCONT')
  }

  /** Ends the connections of all clients but this one; gives how many there were. */
  async terminateAll(): Promise<number> {
    const rows = await this.admin(
      'postgres',
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
    )
    return rows.length
  }

  /** Stops it and removes its directory. */
  async remove(): Promise<void> {
    await this.stop('immediate')
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** Connections to a database of it, as a role; everybody is trusted. */
  pool(database: string, user = 'postgres', more: PoolConfig = {}): Pool {
    return new Pool({ host: '127.0.0.1', port: this.port, database, user, max: 8, ...more })
  }

  /** Runs statements as the administrator, one after the other; gives the rows of the last. */
  async admin(database: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const client = new Client({ host: '127.0.0.1', port: this.port, user: 'postgres', database })
    client.on('error', () => undefined)
    await client.connect()
    try {
      let rows: Record<string, unknown>[] = []
      for (const statement of statements) rows = (await client.query(statement)).rows
      return rows
    } finally {
      await client.end()
    }
  }
}
