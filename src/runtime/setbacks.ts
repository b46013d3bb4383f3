import { Failure } from '../core/index.ts'
import type { Clock, Log } from '../ports/index.ts'
import { describeFailure } from './delivery.ts'
import type { Work } from './work.ts'

/** How long a service leaves its store alone after it failed. */
const storeRetryMs = 250

/** Messages whose transition the store would not take, by their names, and why. */
export type Spoiled = ReadonlyMap<string, string>

/**
 * What an engine makes of turns that could not be committed. A store that fails is left alone for a while. A group
 * that the store will not take is done again one work a turn, until the one is found that spoils it; that one counts
 * as failed from then on. A conflict with another writer is decided again.
 */
export class Setbacks {
  readonly #service: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #wake: () => void
  readonly #spoiled = new Map<string, string>()
  #storeDown: Failure | undefined
  #resting = false
  #oneByOne = 0

  constructor(service: string, clock: Clock, log: Log, wake: () => void) {
    this.#service = service
    this.#clock = clock
    this.#log = log
    this.#wake = wake
  }

  /** Why nothing can be accepted now, if so. */
  get storeDown(): Failure | undefined {
    return this.#storeDown
  }

  /** Whether the store is left alone just now. */
  get resting(): boolean {
    return this.#resting
  }

  get spoiled(): Spoiled {
    return this.#spoiled
  }

  /** How much more a turn may take that has taken so much. */
  room(limit: number, taken: number): number {
    return this.#oneByOne > 0 ? Math.max(0, 1 - taken) : limit
  }

  /** A turn was committed. */
  recovered(): void {
    this.#oneByOne = Math.max(0, this.#oneByOne - 1)
    if (!this.#storeDown) return
    this.#storeDown = undefined
    this.#log.info('the store can be written again', { service: this.#service })
  }

  /** A turn was lost: tells its works what to make of it. */
  lose(works: readonly Work[], failure: Failure): void {
    const conflict = failure.code === 'VERSION_CONFLICT' || failure.code === 'CHECKPOINT_CONFLICT'
    const storeFailed = failure.code.startsWith('STORE_')
    const [first] = works
    if (storeFailed) this.#rest(failure)
    else if (!conflict && works.length > 1) this.#oneByOne = works.length
    else if (!conflict && first?.message !== undefined)
      this.#spoiled.set(first.message, describeFailure(failure))
    const again = conflict || (!storeFailed && works.length > 1)
    for (const work of works) work.lost?.(again ? new Failure('VERSION_CONFLICT', {}, failure) : failure)
  }

  #rest(failure: Failure): void {
    if (!this.#storeDown)
      this.#log.error('the store cannot be written; nothing is acknowledged until it can', {
        service: this.#service,
        failure: failure.message,
        code: failure.code
      })
    this.#storeDown = failure
    this.#resting = true
    this.#clock.schedule(storeRetryMs, () => {
      this.#resting = false
      this.#wake()
    })
  }
}
