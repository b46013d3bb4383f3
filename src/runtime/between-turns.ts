import type { Failure } from '../core/index.ts'

/** A task, and how it is told that there will be no time for it any more. */
interface Waiting {
  readonly run: () => Promise<void>
  readonly drop: (failure: Failure) => void
}

/** Tasks for the time between two turns, when nothing is half done. */
export class BetweenTurns {
  #tasks: Waiting[] = []

  get waiting(): number {
    return this.#tasks.length
  }

  /** Resolves as the task does once it has been run, or rejects when it is dropped; `failed` hears of it first. */
  add<Result>(task: () => Promise<Result>, failed: () => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = (): Promise<void> =>
        task().then(resolve, (thrown: unknown) => {
          failed()
          reject(thrown)
        })
      this.#tasks.push({ run, drop: reject })
    })
  }

  /** Runs what waits, one after the other, also what is added meanwhile. */
  async runAll(): Promise<void> {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) await task.run()
  }

  /** Tells what waits that its time will not come. */
  drop(failure: Failure): void {
    for (const task of this.#tasks.splice(0)) task.drop(failure)
  }
}
