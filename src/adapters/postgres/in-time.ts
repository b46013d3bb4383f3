/** What did not end in time: nobody knows what the server makes of it. */
export class Overdue extends Error {}

/** Waits for a task only so long. What comes of it later is nobody's. */
export class Wait {
  readonly #ended: Promise<never>
  #end: (why: Error) => void = () => undefined
  readonly #timers: NodeJS.Timeout[] = []
  #isOver = false

  constructor(ms: number) {
    this.#ended = new Promise((_, reject) => {
      this.#end = reject
    })
    this.#ended.catch(() => undefined)
    this.hurry(ms, () => new Overdue(`no answer within ${ms} ms`))
  }

  /** Ends after so long, if not before, with the reason that is made then: an error costs more than all the rest. */
  hurry(ms: number, why: () => Error): void {
    if (this.#isOver) return
    this.#timers.push(setTimeout(() => this.#end(why()), ms))
  }

  /** Begins the task and waits for it. */
  async of<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      const running = task()
      running.catch(() => undefined)
      return await Promise.race([running, this.#ended])
    } finally {
      this.#isOver = true
      for (const timer of this.#timers) clearTimeout(timer)
    }
  }
}

/** A connection of a pool, as long as `wait` waits for it; one that comes too late is of use to others. */
export async function inTimeFrom<Connection extends { release(): void }>(
  pool: { connect(): Promise<Connection> },
  wait: (connecting: Promise<Connection>) => Promise<Connection>
): Promise<Connection> {
  const connecting = pool.connect()
  try {
    return await wait(connecting)
  } catch (thrown) {
    connecting.then(
      (late) => late.release(),
      () => undefined
    )
    throw thrown
  }
}
