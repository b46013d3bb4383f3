/** A line for a ledger: two with one key are one. */
export interface Entry {
  readonly account: string
  readonly pence: number
  readonly key?: string
}

/** A ledger of somebody else. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  readonly #lockedAt: number
  #calls = 0

  /** It is locked at one call: an early one, so that it is open when the world is healed. */
  constructor(lockedAt: number) {
    this.#lockedAt = lockedAt
  }

  /** Fails when it is locked, before anything is entered. Gives what the line is called. */
  async enter(entry: Entry): Promise<string> {
    this.#calls += 1
    const call = String(this.#calls)
    await Promise.resolve()
    if (this.#calls === this.#lockedAt) throw new Error('The ledger is locked.')
    this.#entries.set(entry.key ?? call, entry)
    return `${entry.account} ${entry.pence}`
  }

  /** How many lines it has. */
  get lines(): number {
    return this.#entries.size
  }

  toJSON(): readonly string[] {
    return [...this.#entries.values()].map(({ account, pence }) => `${account} ${pence}`).toSorted()
  }
}
