import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Found, WorkAnswer, WorkRequest } from './worker.ts'

const program = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** What came of a request: a finding or none, or the time was over before the worker knew. */
export type Worked = { readonly found: Found | undefined } | { readonly late: true }

/** One process that runs trials. It is started when it is needed, and anew after it was too late. */
class Worker {
  #process: ChildProcess | undefined

  #started(): ChildProcess {
    this.#process ??= fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    return this.#process
  }

  stop(): void {
    this.#process?.kill()
    this.#process = undefined
  }

  /** Rejects when the process ends, or when the request cannot be done. */
  ask(request: WorkRequest, withinMs: number): Promise<Worked> {
    const worker = this.#started()
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        done()
        this.stop()
        resolve({ late: true })
      }, withinMs)
      const done = (): void => {
        clearTimeout(late)
        worker.off('message', heard)
        worker.off('exit', ended)
      }
      const heard = (answer: WorkAnswer): void => {
        done()
        if ('problem' in answer) reject(new Error(answer.problem))
        else resolve(answer)
      }
      const ended = (code: number | null): void => {
        done()
        this.#process = undefined
        reject(new Error(`A worker ended with ${code} while it worked on ${JSON.stringify(request)}.`))
      }
      worker.on('message', heard)
      worker.on('exit', ended)
      worker.send(request)
    })
  }
}

/** Some processes that run trials side by side. */
export class Workers {
  readonly #workers: readonly Worker[]

  constructor(count: number) {
    this.#workers = Array.from({ length: count }, () => new Worker())
  }

  /** One request, on one of them. */
  ask(request: WorkRequest, withinMs: number): Promise<Worked> {
    return (this.#workers[0] as Worker).ask(request, withinMs)
  }

  /** Lets each of them do one request after the other, for as long as `next` has any. */
  async share(
    next: () => { readonly request: WorkRequest; readonly withinMs: number } | undefined,
    onWorked: (worked: Worked) => void
  ): Promise<void> {
    const busy = async (worker: Worker): Promise<void> => {
      for (let task = next(); task !== undefined; task = next())
        onWorked(await worker.ask(task.request, task.withinMs))
    }
    await Promise.all(this.#workers.map(busy))
  }

  stop(): void {
    for (const worker of this.#workers) worker.stop()
  }
}
