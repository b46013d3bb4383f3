import { Failure } from '../../core/index.ts'
import type { Cancel, Clock } from '../../ports/index.ts'

/** Where the instances of a service answer, as known now; undefined for a service that nobody has a way to. */
export type FindAddresses = (service: string) => readonly string[] | undefined

/** How often it is looked whether an instance that is being asked is still known. */
const lookMs = 1_500

/** The address of a service's feed, of one of its instances: one that answers is kept, one that fails is left. */
export class FeedAddress {
  readonly service: string
  readonly #find: FindAddresses
  readonly #clock: Clock
  #base: string | undefined

  constructor(service: string, find: FindAddresses, clock: Clock) {
    this.service = service
    this.#find = find
    this.#clock = clock
  }

  /**
   * Asks at the address of one instance; after a failure the next call asks another, if there is one. The task is told
   * to give up when `closed` is, and when that instance is not known any more: one that stands still keeps its
   * connections and answers nothing. Fails with `FEED_UNAVAILABLE` when no instance is known.
   */
  async ask<Result>(
    closed: AbortSignal,
    task: (address: string, given: AbortSignal) => Promise<Result>
  ): Promise<Result> {
    const base = this.#choose()
    const given = new AbortController()
    const giveUp = (): void => given.abort()
    closed.addEventListener('abort', giveUp)
    if (closed.aborted) giveUp()
    const stopLooking = this.#whenUnknown(base, giveUp)
    try {
      return await task(`${base.replace(/\/+$/, '')}/${encodeURIComponent(this.service)}/feed`, given.signal)
    } catch (thrown) {
      this.#leave(base)
      throw thrown
    } finally {
      stopLooking()
      closed.removeEventListener('abort', giveUp)
    }
  }

  #whenUnknown(base: string, tell: () => void): Cancel {
    let cancel: Cancel
    const look = (): void => {
      if (this.#find(this.service)?.includes(base)) cancel = this.#clock.schedule(lookMs, look)
      else tell()
    }
    cancel = this.#clock.schedule(lookMs, look)
    return () => cancel()
  }

  #choose(): string {
    const bases = this.#find(this.service) ?? []
    // An instance that is not known any more is gone, or will be soon.
    if (this.#base === undefined || !bases.includes(this.#base)) this.#base = bases[0]
    if (this.#base !== undefined) return this.#base
    const { service } = this
    throw new Failure('FEED_UNAVAILABLE', { service, hint: `Nobody knows where ${service} runs now.` })
  }

  #leave(base: string): void {
    const bases = this.#find(this.service) ?? []
    if (this.#base === base) this.#base = bases[(bases.indexOf(base) + 1) % bases.length]
  }
}
