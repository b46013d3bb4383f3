import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '../../../scripts/source-files.ts'
import { standsStill } from '../../servers/process-state.ts'
import { until } from '../../system/child.ts'

/** How long it is waited before a process that ended is started again. */
const againMs = 100
/** How long a service may take to finish what it accepted. */
const stopMs = 40_000

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** How a service is started. */
export interface ServiceRunOptions {
  readonly service: string
  /** Which process of it. */
  readonly process: string
  readonly directory: string
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  /** It ended though it was up and nobody had ended it. */
  readonly onCrash: (how: string) => void
}

/** `skerry run` of one service, which somebody starts again whenever it ends. */
export class ServiceRun {
  readonly #options: ServiceRunOptions
  #child: ChildProcess | undefined
  #said = ''
  #complaints = ''
  #wanted = true
  /** It was told to end, or killed. */
  #meant = false
  readonly #kept: Promise<void>

  constructor(options: ServiceRunOptions) {
    this.#options = options
    this.#kept = this.#keep()
  }

  get service(): string {
    return this.#options.service
  }

  get process(): string {
    return this.#options.process
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`
  }

  /** It has said that it runs. */
  get up(): boolean {
    return this.#said !== ''
  }

  /** What it has complained of since it was started last. */
  get complaints(): string {
    return this.#complaints
  }

  async #keep(): Promise<void> {
    while (this.#wanted) {
      await this.#live()
      if (this.#wanted) await pause(againMs)
    }
  }

  async #live(): Promise<void> {
    const { service, process: name, directory, port, env, onCrash } = this.#options
    const main = join(root, 'src', 'cli', 'main.ts')
    const config = join(import.meta.dirname, 'bank.config.ts')
    const line = ['run', service, '--config', config, '--profile', 'chaos', '--data', directory]
    const child = spawn(
      process.execPath,
      ['--conditions=skerry-source', main, ...line, '--port', String(port), '--log-level', 'error', '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_NO_WARNINGS: '1', ...env } }
    )
    this.#child = child
    this.#said = ''
    this.#complaints = ''
    this.#meant = false
    child.stdout?.on('data', (text: Buffer) => {
      this.#said += text.toString()
    })
    child.stderr?.on('data', (text: Buffer) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-2_000)
    })
    const orphaned = (): boolean => child.kill('SIGKILL')
    process.once('exit', orphaned)
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
      if (this.#wanted && this.up && !this.#meant)
        onCrash(`${name} has ended with ${signal ?? code}: ${this.#complaints}`)
    } catch (thrown) {
      this.#wanted = false
      onCrash(`${name} cannot be started: ${String(thrown)}`)
    } finally {
      process.off('exit', orphaned)
      this.#said = ''
    }
  }

  /** Kills it; true when it was this that ended it. It is started again. */
  async kill(): Promise<boolean> {
    const child = this.#child
    if (!child || hasEnded(child)) return false
    await this.#ends(child, 'SIGKILL')
    return child.signalCode === 'SIGKILL'
  }

  /** Stops it in good order, if it is up; true when it has ended so. It is started again. */
  async stop(): Promise<boolean> {
    const child = this.#child
    if (!child || hasEnded(child) || !this.up) return false
    const late = setTimeout(() => child.kill('SIGKILL'), stopMs)
    await this.#ends(child, 'SIGTERM')
    clearTimeout(late)
    if (child.exitCode !== 0)
      throw new Error(
        `${this.process} has not stopped in good order: ${child.signalCode ?? child.exitCode} ${this.#complaints}`
      )
    return true
  }

  async #ends(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    this.#meant = true
    const closed = once(child, 'close')
    child.kill(signal)
    await closed
  }

  /** Stops it where it stands, if it is up; gives whether it does, and `resume` lets it go on. */
  async pause(): Promise<boolean> {
    const child = this.#child
    if (!child || !this.up) return false
    child.kill('SIGSTOP')
    await until(`${this.process} stands still`, async () => hasEnded(child) || standsStill(child.pid ?? 0))
    return standsStill(child.pid ?? 0)
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Ends it for good, in good order or not; resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#wanted = false
    this.#child?.kill(signal)
    this.resume()
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), stopMs)
    await this.#kept
    clearTimeout(late)
  }
}
