import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { standsStill } from './process-state.ts'
import { storedBytes } from './stored-bytes.ts'

/** How a server is started. */
export interface Launch {
  readonly name: string
  readonly program: string
  readonly parameters: readonly string[]
  /** What it logs when it takes part. */
  readonly ready: string
  readonly withinMs: number
}

/** A server of one process in a throwaway directory. */
export class ServerProcess {
  protected readonly directory: string
  #child: ChildProcess | undefined
  #said = ''

  constructor(name: string) {
    this.directory = mkdtempSync(join(tmpdir(), `skerry-${name}-`))
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

  /** It is paused. */
  get still(): boolean {
    return this.running && standsStill(this.#child?.pid ?? 0)
  }

  /** How much it has stored, in bytes. */
  get storedBytes(): number {
    return storedBytes(this.data)
  }

  /** Where it stores everything. */
  protected get data(): string {
    return join(this.directory, 'data')
  }

  get #copy(): string {
    return join(this.directory, 'copy')
  }

  /** Resolves when it is ready. */
  protected async launch({ name, program, parameters, ready, withinMs }: Launch): Promise<void> {
    this.#said = ''
    const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    const killed = (): boolean => child.kill('SIGKILL')
    process.once('exit', killed)
    child.once('exit', () => process.off('exit', killed))
    let settle = (_: string): void => {}
    const settled = new Promise<string>((resolve) => {
      settle = resolve
    })
    child.stderr.on('data', (text: Buffer) => {
      this.#said += text.toString()
      if (this.#said.includes(ready)) settle('ready')
    })
    child.once('error', (error) => settle(error.message))
    child.once('exit', () => settle('ended'))
    const limit = AbortSignal.timeout(withinMs)
    limit.addEventListener('abort', () => settle('silent'))
    const how = await settled
    if (how !== 'ready') throw new Error(`${name} is ${how}: ${this.#said}`)
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

  /** Keeps a copy of all that it has stored; only while it does not run. */
  save(): void {
    this.mustRest()
    rmSync(this.#copy, { recursive: true, force: true })
    cpSync(this.data, this.#copy, { recursive: true })
  }

  /** Puts the copy that was kept in place of what it has stored; only while it does not run. */
  restore(): void {
    this.mustRest()
    rmSync(this.data, { recursive: true, force: true })
    cpSync(this.#copy, this.data, { recursive: true })
  }

  /** Ends it and removes its files. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }

  protected mustRest(): void {
    if (this.running) throw new Error('The data of a running server must not be touched.')
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

/** Starts servers that know each other, and none of them where one does not start. */
export async function startTogether<Server extends { start(): Promise<void>; remove(): Promise<void> }>(
  servers: readonly Server[]
): Promise<readonly Server[]> {
  try {
    await Promise.all(servers.map((server) => server.start()))
    return servers
  } catch (thrown) {
    await Promise.all(servers.map((server) => server.remove()))
    throw thrown
  }
}
