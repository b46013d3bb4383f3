import { toFailure } from '../core/index.ts'
import type { EngineOptions } from './engine-options.ts'

/** How long a service waits for a feed that cannot be read. */
const feedRetryMs = 500
/** How long it waits for a part of a log that is archived: somebody must put it back. */
const archivedRetryMs = 5_000
const archivedWarnMs = 60_000

/** What becomes of rows that had to be read from a feed: turns go on when they have come, or try it later. */
export class FeedTrouble {
  readonly #options: EngineOptions
  readonly #wake: () => void
  readonly #warned = new Map<unknown, number>()

  constructor(options: EngineOptions, wake: () => void) {
    this.#options = options
    this.#wake = wake
  }

  /** A feed that could not be read is tried again after a while; its rows wait where they are. */
  onRead(thrown: unknown): void {
    if (thrown === undefined) {
      this.#wake()
      return
    }
    const failure = toFailure(thrown)
    const { clock, definition, log } = this.#options
    if (failure.code === 'LOG_ARCHIVED') {
      this.#warnOfArchived(failure.details['service'], failure.message)
      clock.schedule(archivedRetryMs, this.#wake)
      return
    }
    log.warn('a feed cannot be read now', { service: definition.name, failure: failure.message })
    clock.schedule(feedRetryMs, this.#wake)
  }

  /** Once in a while for each source, not for each partition and attempt. */
  #warnOfArchived(source: unknown, failure: string): void {
    const { clock, definition, log } = this.#options
    const nowMs = clock.nowMs()
    const lastMs = this.#warned.get(source)
    if (lastMs !== undefined && Math.abs(nowMs - lastMs) < archivedWarnMs) return
    this.#warned.set(source, nowMs)
    log.warn('messages that this service has not heard are archived; it waits until they are put back', {
      service: definition.name,
      source,
      failure
    })
  }
}
