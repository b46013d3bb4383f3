import type { RangeTable } from './range-table.ts'
import type { StoreSession } from './store-session.ts'

/** Sees to it that there is a range for what comes, so that no commit has to make one. */
export class RangeKeeper {
  readonly #session: StoreSession
  readonly #ranges: RangeTable
  readonly #span: number
  /** The last position that there is known to be room for. */
  #last = 0
  #making = false

  constructor(session: StoreSession, ranges: RangeTable, span: number) {
    this.#session = session
    this.#ranges = ranges
    this.#span = span
  }

  /** Makes ranges behind a position; whoever else does so at the same time is waited for. */
  async make(position: number): Promise<void> {
    const upto = position + 2 * this.#span
    this.#last = await this.#session.run('commit', (connection) => this.#ranges.make(connection, upto))
  }

  /** A partition has come to a position. When the next range is the last, nobody waits for those that are made then. */
  saw(position: number): void {
    if (this.#making || position + this.#span <= this.#last) return
    this.#making = true
    const ended = (): void => {
      this.#making = false
    }
    // One that cannot be made now is made by the commit that needs it.
    this.make(position).then(ended, ended)
  }
}
