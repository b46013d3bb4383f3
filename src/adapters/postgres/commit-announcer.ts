import { announceCommit } from './commit-news.ts'
import type { StoreSession } from './store-session.ts'

/** Announces the commits of a store: one notice at a time, for all commits that came meanwhile. */
export class CommitAnnouncer {
  readonly #session: StoreSession
  readonly #schema: string
  #running = false
  #again = false

  constructor(session: StoreSession, schema: string) {
    this.#session = session
    this.#schema = schema
  }

  /** Something was committed. Nobody waits for the notice, and one that fails is lost. */
  announce(): void {
    this.#again = true
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#again) {
      this.#again = false
      await this.#session
        .run('commit', (connection) => announceCommit(connection, this.#schema))
        .catch(() => undefined)
    }
    this.#running = false
  }
}
