import { announceCommit } from './commit-news.ts'
import type { PostgresPool } from './connection.ts'

/** Announces the commits of a store: one notice at a time, for all commits that came meanwhile. */
export class CommitAnnouncer {
  readonly #schema: string
  #running: Promise<void> | undefined
  #again = false

  constructor(schema: string) {
    this.#schema = schema
  }

  /** Something was committed through this pool. Nobody waits for the notice, and one that fails is lost. */
  announce(pool: PostgresPool): void {
    if (this.#running) {
      this.#again = true
      return
    }
    this.#again = false
    this.#running = announceCommit(pool, this.#schema)
      .catch(() => undefined)
      .then(() => {
        this.#running = undefined
        if (this.#again) this.announce(pool)
      })
  }

  /** Resolves when no notice is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running
  }
}
