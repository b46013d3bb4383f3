/** Looks without a good answer, one after the other, after which an instance is not ready: a restart takes a moment. */
const missedMax = 5

/**
 * Whether something is ready that is asked again and again: not, after `missedMax` looks in a row without a good answer;
 * ready again with the first good one.
 */
export class Readiness {
  readonly #ask: () => Promise<boolean>
  #missed = 0
  #isAsking = false

  /** Until it is asked, it is ready. */
  constructor(ask: () => Promise<boolean>) {
    this.#ask = ask
  }

  get isReady(): boolean {
    return this.#missed < missedMax
  }

  /** Asks, without waiting for the answer; one that is still waited for counts as none. */
  look(): void {
    if (this.#isAsking) {
      this.#missed += 1
      return
    }
    this.#isAsking = true
    void this.#ask()
      .catch(() => false)
      .then((isReady) => {
        this.#isAsking = false
        this.#missed = isReady ? 0 : this.#missed + 1
      })
  }
}
