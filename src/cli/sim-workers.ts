import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Failure } from '../core/index.ts'
import type { TrialSummary } from '../simulator/index.ts'
import type { WorkerReply, WorkerRequest } from './sim-worker.ts'

/** Seeds that a worker is sent at once. */
const chunk = 4
/** One seed in so many, the first among them, is run again by another process, which must go the same way. */
const recheckEach = 100
/** How long a worker may say nothing: longer than any seeds take, shorter than anybody waits for a loop without end. */
const silentMaxMs = 300_000
/** Where a worker prints what the user's code prints: standard output is for the report. */
const standardError = 2

/** What a campaign is to run. */
export interface SeedPlan {
  readonly from: number
  readonly seeds: number
  readonly jobs: number
  readonly setting: WorkerRequest
  /** Called with each summary; true ends the campaign early. */
  readonly onSummary: (summary: TrialSummary) => boolean
}

/** Two runs of one seed that went different ways. */
export interface Drift {
  readonly seed: number
  readonly hashes: readonly [string, string]
}

/** A process that runs seeds, and what it was sent last. */
class Worker {
  readonly process: ChildProcess
  /** Only there to run again what another has run. */
  readonly isChecker: boolean
  state: 'loading' | 'idle' | 'dismissed' | readonly number[] = 'loading'
  #alarm: NodeJS.Timeout | undefined

  constructor(isChecker: boolean) {
    this.isChecker = isChecker
    const program = fileURLToPath(new URL(import.meta.url.replace(/sim-workers(?=\.[jt]s$)/, 'sim-worker')))
    this.process = fork(program, { stdio: ['ignore', standardError, 'inherit', 'ipc'] })
  }

  ask(request: WorkerRequest, onSilent: () => void): void {
    if ('seeds' in request) this.state = request.seeds
    this.#alarm = setTimeout(onSilent, silentMaxMs)
    this.process.send(request)
  }

  heard(): void {
    this.state = 'idle'
    clearTimeout(this.#alarm)
  }

  dismiss(): void {
    this.state = 'dismissed'
    this.process.disconnect()
  }

  kill(): void {
    this.state = 'dismissed'
    clearTimeout(this.#alarm)
    this.process.kill('SIGKILL')
  }

  /** What it did when it was last heard of. */
  get doing(): string {
    const { state } = this
    return typeof state === 'string'
      ? 'it loaded the simulation'
      : `it ran the seeds ${state.join(', ')}: run each of them by itself, with --seed`
  }
}

/** One run of many seeds on several processes. */
class SeedRun {
  readonly #plan: SeedPlan
  readonly #workers: Worker[] = []
  readonly #hashes = new Map<number, string>()
  readonly #again: { readonly seed: number; readonly first: Worker }[] = []
  readonly #drifts: Drift[] = []
  readonly #resolve: (drifts: readonly Drift[]) => void
  readonly #reject: (failure: Failure) => void
  #next: number
  #isOver = false

  constructor(
    plan: SeedPlan,
    resolve: (drifts: readonly Drift[]) => void,
    reject: (failure: Failure) => void
  ) {
    this.#plan = plan
    this.#resolve = resolve
    this.#reject = reject
    this.#next = plan.from
    for (let index = 0; index < plan.jobs; index++) this.#start(false)
  }

  #start(isChecker: boolean): void {
    const worker = new Worker(isChecker)
    this.#workers.push(worker)
    worker.process.on('message', (reply: WorkerReply) => this.#heard(worker, reply))
    worker.process.on('exit', (code, signal) => {
      if (worker.state !== 'dismissed')
        this.#fail(
          'INTERNAL',
          `A process of the simulator ended with ${signal ?? code} while ${worker.doing}.`
        )
    })
    worker.process.on('error', (error) => {
      if (worker.state !== 'dismissed')
        this.#fail('INTERNAL', `A process of the simulator cannot be reached: ${error.message}.`)
    })
    this.#ask(worker, this.#plan.setting)
  }

  #ask(worker: Worker, request: WorkerRequest): void {
    worker.ask(request, () => {
      const seconds = silentMaxMs / 1_000
      this.#fail(
        'INTERNAL',
        `A process of the simulator said nothing for ${seconds} s while ${worker.doing}.`
      )
    })
  }

  #fail(code: 'INTERNAL' | 'CONFIG_INVALID', hint: string): void {
    for (const worker of this.#workers) worker.kill()
    this.#reject(new Failure(code, { hint }))
  }

  #heard(worker: Worker, reply: WorkerReply): void {
    if (worker.state === 'dismissed') return
    worker.heard()
    if ('problem' in reply) {
      this.#fail('CONFIG_INVALID', `The simulation cannot be run: ${reply.problem}`)
      return
    }
    if ('summaries' in reply) for (const summary of reply.summaries) this.#count(worker, summary)
    this.#goOn()
  }

  #count(worker: Worker, summary: TrialSummary): void {
    const { seed, traceHash } = summary
    const former = this.#hashes.get(seed)
    if (former !== undefined) {
      if (former !== traceHash) this.#drifts.push({ seed, hashes: [former, traceHash] })
      return
    }
    const { from, seeds, jobs, onSummary } = this.#plan
    if (seeds > 1 && (seed - from) % recheckEach === 0) {
      this.#hashes.set(seed, traceHash)
      this.#again.push({ seed, first: worker })
      if (jobs === 1 && this.#workers.length === 1) this.#start(true)
    }
    if (onSummary(summary)) this.#isOver = true
  }

  #goOn(): void {
    for (const worker of this.#workers) {
      if (worker.state !== 'idle') continue
      const seeds = this.#take(worker)
      if (seeds.length > 0) this.#ask(worker, { seeds })
    }
    if (this.#workers.some(({ state }) => state !== 'idle')) return
    for (const worker of this.#workers) worker.dismiss()
    this.#resolve(this.#drifts)
  }

  #take(worker: Worker): readonly number[] {
    const again = this.#again.findIndex(({ first }) => first !== worker)
    if (again >= 0) return this.#again.splice(again, 1).map(({ seed }) => seed)
    const taken: number[] = []
    if (worker.isChecker || this.#isOver) return taken
    const { from, seeds } = this.#plan
    while (taken.length < chunk && this.#next < from + seeds) taken.push(this.#next++)
    return taken
  }
}

/**
 * Runs seeds on several processes. Resolves with the seeds that another process ran in another way; fails when a
 * process ends, or says nothing any more, before its seeds are run.
 */
export function runSeeds(plan: SeedPlan): Promise<readonly Drift[]> {
  return new Promise((resolve, reject) => {
    new SeedRun(plan, resolve, reject)
  })
}
