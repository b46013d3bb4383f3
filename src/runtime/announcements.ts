import type { Bus, LogRow, Store } from '../ports/index.ts'

const readMax = 1_000

/** Announces what a service has committed: every row, also those of a commit whose end nobody knew. */
export class Announcements {
  readonly #store: Store
  readonly #bus: Bus
  /** The last position announced of each partition; unknown before the start. */
  #announced: number[] | undefined

  constructor(store: Store, bus: Bus) {
    this.#store = store
    this.#bus = bus
  }

  announce(rows: readonly LogRow[]): void {
    if (rows.length === 0) return
    for (const { partition, position } of rows) if (this.#announced) this.#announced[partition] = position
    this.#bus.announce(this.#store.service, rows)
  }

  /**
   * Makes up for what was committed but not announced. At a start everybody asks the feed anyway, and of a log in which
   * others write too they do so once in a while: there it is not known which rows were this one's.
   */
  async recover(): Promise<void> {
    const heads = await this.#store.heads()
    const announced = this.#store.shared ? [...heads] : (this.#announced ?? [...heads])
    this.#announced = announced
    for (const [partition, head] of heads.entries())
      for (let after = announced[partition] ?? 0; after < head; ) {
        const rows = await this.#store.read(partition, after, readMax)
        this.announce(rows)
        after = rows.at(-1)?.position ?? head
      }
  }
}
