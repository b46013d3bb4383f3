/** The connections that a session has taken, for those who get none and wait until one comes back. */
export class GivenBack {
  #taken = 0
  #count = 0
  readonly #waiting: Set<() => void> = new Set()

  /** So many came back until now. */
  get count(): number {
    return this.#count
  }

  /** Whether one may come back. */
  get isDue(): boolean {
    return this.#taken > 0
  }

  take(): void {
    this.#taken += 1
  }

  /** One came back: who has waited longest may have it. */
  give(): void {
    this.#taken -= 1
    this.#count += 1
    const [first] = this.#waiting
    if (first === undefined) return
    this.#waiting.delete(first)
    first()
  }

  /** Calls back when one came back, unless the function that is given back is called before. */
  wait(back: () => void): () => void {
    this.#waiting.add(back)
    return () => this.#waiting.delete(back)
  }
}
