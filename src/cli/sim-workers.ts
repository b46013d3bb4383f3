import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Failure } from '../core/index.ts'
import type { TrialSummary } from '../simulator/index.ts'
import type { WorkerReply, WorkerRequest } from './sim-worker.ts'

/** Seeds that a worker is sent at once. */
const chunk = 4
/** One seed in so many is run again by another worker, which must go the same way. */
const recheckEach = 100

/** What a campaign is to run. */
export interface SeedPlan {
  readonly from: number
  readonly seeds: number
  readonly jobs: number
  readonly setting: WorkerRequest
  /** Called with each summary; true ends the campaign early. */
  readonly onSummary: (summary: TrialSummary) => boolean
}

interface Worker {
  readonly process: ChildProcess
  readonly index: number
}

/** Two runs of one seed that went different ways. */
export interface Drift {
  readonly seed: number
  readonly hashes: readonly [string, string]
}

function start(index: number): Worker {
  const program = fileURLToPath(new URL(import.meta.url.replace(/sim-workers(?=\.[jt]s$)/, 'sim-worker')))
  return { index, process: fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }) }
}

/** Runs seeds on several processes. Resolves with the seeds that another process ran in another way. */
export function runSeeds(plan: SeedPlan): Promise<readonly Drift[]> {
  const { from, seeds, jobs, setting, onSummary } = plan
  const workers = Array.from({ length: jobs }, (_, index) => start(index))
  const hashes = new Map<number, string>()
  const drifts: Drift[] = []
  // What one has run, another runs again; alone, a worker must do with its own second run.
  const again: number[][] = workers.map(() => [])
  let next = from
  let isOver = false
  const take = (index: number): readonly number[] => {
    const rechecked = again[index]?.splice(0, 1) ?? []
    if (rechecked.length > 0) return rechecked
    if (isOver) return []
    const taken: number[] = []
    while (taken.length < chunk && next < from + seeds) taken.push(next++)
    return taken
  }
  return new Promise((resolve, reject) => {
    let ended = 0
    const stopAll = (): void => {
      for (const worker of workers) worker.process.kill()
    }
    const heard = (worker: Worker, summary: TrialSummary): void => {
      const former = hashes.get(summary.seed)
      if (former !== undefined) {
        if (former !== summary.traceHash)
          drifts.push({ seed: summary.seed, hashes: [former, summary.traceHash] })
        return
      }
      if (summary.seed % recheckEach === 0) {
        hashes.set(summary.seed, summary.traceHash)
        again[(worker.index + 1) % jobs]?.push(summary.seed)
      }
      if (onSummary(summary)) isOver = true
    }
    const send = (worker: Worker): void => {
      const taken = take(worker.index)
      if (taken.length > 0) {
        worker.process.send({ seeds: taken } satisfies WorkerRequest)
        return
      }
      worker.process.disconnect()
    }
    for (const worker of workers) {
      worker.process.on('message', (reply: WorkerReply) => {
        if ('problem' in reply) {
          stopAll()
          reject(new Failure('CONFIG_INVALID', { hint: `The simulation cannot be run: ${reply.problem}` }))
          return
        }
        if ('summaries' in reply) for (const summary of reply.summaries) heard(worker, summary)
        send(worker)
      })
      worker.process.on('exit', (code) => {
        ended += 1
        if (code !== 0 && code !== null) {
          stopAll()
          reject(new Failure('INTERNAL', { hint: `A process of the simulator ended with ${code}.` }))
        } else if (ended === jobs) resolve(drifts)
      })
      worker.process.send(setting)
    }
  })
}
