import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cancel, Clock } from '../ports/index.ts'
import { earlyEnd } from './early-end.ts'

/** Longer than a process gives itself to finish what it accepted. */
const stopMs = 40_000
/** The pause before a process is started again, the first time and at most; it doubles. */
const pauseMs = 200
const pauseMaxMs = 10_000
/** Whoever ran so long did not fail to start: the next pause is a short one again. */
const healthyMs = 10_000
/** Lines of a process that never got to run, for whoever asks why. */
const linesKept = 40
const lastWordsMs = 1_000

/** How a process of a run is started, and who hears of it. */
export interface ServiceProcessOptions {
  readonly name: string
  /** What `node` is started with. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Measures the pauses, and how long a process has stayed. */
  readonly clock: Clock
  /** A line that the process wrote. */
  readonly onLine: (line: string) => void
  /** It ended though nobody wanted it to, and is started again after a pause. */
  readonly onEnd: (how: string, againMs: number) => void
  /** It listens again after it had ended. */
  readonly onBack: () => void
}

/**
 * A process that is kept running: when it ends it is started again, after a pause that grows while it does not stay. It
 * ends with the one that started it, however that one ends.
 */
export class ServiceProcess {
  readonly #options: ServiceProcessOptions
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #again: Cancel | undefined
  #failures = 0
  /** It has run: from then on it is started again when it ends. */
  #hasRun = false
  #isStopping = false

  constructor(options: ServiceProcessOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  /** The id of the process that runs now. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when it listens. Fails when it ends before that: there is then nothing to be started again. */
  async start(): Promise<void> {
    const lines: string[] = []
    const child = this.#spawn((line) => {
      if (lines.push(line) > linesKept) lines.shift()
    })
    const closed = once(child, 'close')
    const [ready] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])])
    if (ready === undefined) {
      this.#isStopping = true
      // Its last words may come after its end; a process that it left behind may hold the stream open.
      await Promise.race([closed, pause(lastWordsMs, undefined, { ref: false })])
      throw earlyEnd(this.name, lines)
    }
  }

  /** Lets it finish what it accepted; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#again?.()
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), stopMs)
    await this.#ended
    clearTimeout(late)
  }

  #spawn(onEarlyLine: (line: string) => void = () => undefined): ChildProcess {
    const { args, env, clock, onLine } = this.#options
    const child = spawn(process.execPath, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in a terminal is for the one that started it, which stops all of them in order.
      detached: true
    })
    this.#child = child
    this.#ended = once(child, 'exit')
    let isReady = false
    child.once('message', () => {
      isReady = true
      this.#hasRun = true
    })
    const cancelHealthy = clock.schedule(healthyMs, () => {
      this.#failures = 0
    })
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface({ input: stream }).on('line', (line) => {
          if (!isReady) onEarlyLine(line)
          onLine(line)
        })
    child.once('exit', (code, signal) => {
      cancelHealthy()
      if (this.#isStopping || !this.#hasRun) return
      this.#startAgain(signal ?? `exit code ${code}`)
    })
    return child
  }

  #startAgain(how: string): void {
    const { clock, onEnd, onBack } = this.#options
    this.#failures += 1
    const againMs = Math.min(pauseMaxMs, pauseMs * 2 ** (this.#failures - 1))
    onEnd(how, againMs)
    this.#again = clock.schedule(againMs, () => this.#spawn().once('message', onBack))
  }
}
