import { Failure } from '../../core/index.ts'
import { type Cancel, InstanceLooks } from '../../ports/index.ts'
import { lookAt } from './feed-look.ts'
import type { Asking } from './feed-request.ts'
import type { HttpFeedSettings } from './options.ts'

/** Where the instances of a service answer, as known now; undefined for a service that nobody has a way to. */
export type FindAddresses = (service: string) => readonly string[] | undefined

/** How often it is looked whether an instance that is being asked is still known. */
const lookMs = 1_500

/** The address of a service's feed, of one of its instances: one that answers is kept, one that fails is left. */
export class FeedAddress {
  readonly service: string
  readonly #find: FindAddresses
  readonly #settings: HttpFeedSettings
  readonly #looks: InstanceLooks
  #base: string | undefined

  constructor(service: string, find: FindAddresses, settings: HttpFeedSettings) {
    this.service = service
    this.#find = find
    this.#settings = settings
    this.#looks = new InstanceLooks(settings.clock, (base) => lookAt(base, settings))
  }

  /**
   * Asks at the address of one instance; after a failure the next call asks another, if there is one. The task is told
   * to give up when `closed` is, when that instance is not known any more, and when it stands still and another one
   * answers: an answer may be held back for long, but who holds it back answers looks. Fails with `FEED_UNAVAILABLE`
   * when no instance is known, and when the one that was asked stands still.
   */
  async ask<Result>(
    closed: AbortSignal,
    task: (address: string, asking: Asking) => Promise<Result>
  ): Promise<Result> {
    const base = this.#choose()
    const given = new AbortController()
    const giveUp = (): void => given.abort()
    let isStill = false
    closed.addEventListener('abort', giveUp)
    if (closed.aborted) giveUp()
    const stopLooking = [
      this.#whenUnknown(base, giveUp),
      this.#whenStill(base, () => {
        isStill = true
        giveUp()
      })
    ]
    try {
      const address = `${base.replace(/\/+$/, '')}/${encodeURIComponent(this.service)}/feed`
      return await task(address, { closed: given.signal, heard: () => this.#looks.heard(base) })
    } catch (thrown) {
      this.#leave(base)
      throw isStill ? this.#unavailable(`${base} takes connections and says nothing.`, thrown) : thrown
    } finally {
      for (const stop of stopLooking) stop()
      closed.removeEventListener('abort', giveUp)
    }
  }

  #whenUnknown(base: string, tell: () => void): Cancel {
    const { clock } = this.#settings
    let cancel: Cancel
    const look = (): void => {
      if (this.#find(this.service)?.includes(base)) cancel = clock.schedule(lookMs, look)
      else tell()
    }
    cancel = clock.schedule(lookMs, look)
    return () => cancel()
  }

  /** Who is alone is waited for in any case, and so is one of many that all say nothing: then it may be this side. */
  #whenStill(base: string, tell: () => void): Cancel {
    if ((this.#find(this.service) ?? []).length < 2) return () => undefined
    return this.#looks.watch(base, () => {
      void this.#isAnother(base).then((there) => {
        if (there) tell()
      })
    })
  }

  async #isAnother(base: string): Promise<boolean> {
    for (const other of this.#behind(base)) if (await this.#looks.answers(other)) return true
    return false
  }

  #choose(): string {
    const bases = this.#find(this.service) ?? []
    // An instance that is not known any more is gone, or will be soon.
    if (this.#base === undefined || !bases.includes(this.#base)) this.#base = this.#looks.inOrder(bases)[0]
    if (this.#base !== undefined) return this.#base
    throw this.#unavailable(`Nobody knows where ${this.service} runs now.`)
  }

  #leave(base: string): void {
    if (this.#base === base) this.#base = this.#behind(base)[0]
  }

  /** The other instances, those that answer first, each in turn; the same one where it is alone. */
  #behind(base: string): readonly string[] {
    const bases = this.#find(this.service) ?? []
    const at = bases.indexOf(base) + 1
    const others = this.#looks
      .inOrder([...bases.slice(at), ...bases.slice(0, at)])
      .filter((url) => url !== base)
    return others.length === 0 ? bases : others
  }

  #unavailable(hint: string, cause?: unknown): Failure {
    return new Failure('FEED_UNAVAILABLE', { service: this.service, hint }, cause)
  }
}
