import type { Failure, FailureCode } from '../core/index.ts'
import type { Clock, Log } from '../ports/index.ts'
import { describeFailure } from './delivery.ts'
import type { Work } from './work.ts'

/** How long a service leaves its store alone after it failed. */
const storeRetryMs = 250
/** A turn that may hold so many works may hold any number. */
const narrowMax = 256
/** Somebody else was first: nothing was written, and nobody is to blame. */
const conflicts: ReadonlySet<FailureCode> = new Set(['VERSION_CONFLICT', 'CHECKPOINT_CONFLICT', 'LEASE_LOST'])

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
  /** Works in a turn while other writers are first too often: the fewer, the likelier it is that none is in their way. */
  #narrow = Number.POSITIVE_INFINITY

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

  /** Whether works are taken one a turn, to find the one that spoils a group. */
  get isolating(): boolean {
    return this.#oneByOne > 0 || this.#narrow !== Number.POSITIVE_INFINITY
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
    const most = this.#oneByOne > 0 ? 1 : this.#narrow
    return most === Number.POSITIVE_INFINITY ? limit : Math.max(0, Math.min(limit, most - taken))
  }

  /** What a store that failed is asked to write when there is nothing else: only a commit shows that it is mended. */
  probe(): Work {
    const failure = this.#storeDown
    return {
      prepare: () => undefined,
      run: (draft) =>
        draft.audit.push({
          timeMs: draft.nowMs,
          action: 'store.recovered',
          subject: this.#service,
          by: 'skerry',
          reason: failure?.message ?? '',
          details: { code: failure?.code }
        })
    }
  }

  /** A turn was committed. */
  committed(works: readonly Work[]): void {
    this.#oneByOne = Math.max(0, this.#oneByOne - 1)
    this.#narrow = this.#narrow > narrowMax ? Number.POSITIVE_INFINITY : this.#narrow * 2
    // What counted as failed is recorded as such now; the next attempt is a new one.
    if (this.#spoiled.size > 0)
      for (const { message } of works) if (message !== undefined) this.#spoiled.delete(message)
    if (!this.#storeDown) return
    this.#storeDown = undefined
    this.#log.info('the store can be written again', { service: this.#service })
  }

  /** Something failed that nobody waits for. */
  report(failure: Failure): void {
    this.#log.error('something failed after a turn was committed', {
      service: this.#service,
      failure: failure.message,
      code: failure.code
    })
  }

  /** A turn was lost: tells its works what to make of it. */
  lose(works: readonly Work[], failure: Failure): void {
    const conflict = conflicts.has(failure.code)
    if (failure.code === 'VERSION_CONFLICT') this.#narrow = Math.max(1, works.length >> 1)
    const isolate = !conflict && !failure.code.startsWith('STORE_') && works.length > 1
    const culprit = works.length === 1 ? works[0]?.message : undefined
    if (isolate) this.#oneByOne = works.length
    else if (!conflict && !this.#spoils(culprit, works, failure)) this.#rest(failure)
    for (const work of works) work.lost?.(failure, conflict || isolate)
  }

  /** Whether the failure is that of one work, which is known now; otherwise the store does not work. */
  #spoils(culprit: string | undefined, works: readonly Work[], failure: Failure): boolean {
    if (failure.code.startsWith('STORE_') || works.length === 0) return false
    if (culprit === undefined) return true
    // Not even the record that it has failed could be written.
    if (this.#spoiled.has(culprit)) return false
    this.#spoiled.set(culprit, describeFailure(failure))
    return true
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
