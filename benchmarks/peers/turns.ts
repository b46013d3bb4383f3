/** Runs tasks one after the other. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #isBusy = false

  /** Runs a task when all before it have ended; one that is `urgent` goes before those that are not. */
  async run<Result>(task: () => Promise<Result>, urgent = false): Promise<Result> {
    if (this.#isBusy)
      await new Promise<void>((resolve) => {
        if (urgent) this.#waiting.unshift(resolve)
        else this.#waiting.push(resolve)
      })
    this.#isBusy = true
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#isBusy = false
    }
  }
}
