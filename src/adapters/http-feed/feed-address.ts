import { Failure } from '../../core/index.ts'

/** Where the instances of a service answer, as known now; undefined for a service that nobody has a way to. */
export type FindAddresses = (service: string) => readonly string[] | undefined

/** The address of a service's feed, of one of its instances: one that answers is kept, one that fails is left. */
export class FeedAddress {
  readonly service: string
  readonly #find: FindAddresses
  #base: string | undefined

  constructor(service: string, find: FindAddresses) {
    this.service = service
    this.#find = find
  }

  /**
   * Asks at the address of one instance; after a failure the next call asks another, if there is one. Fails with
   * `FEED_UNAVAILABLE` when no instance is known.
   */
  async ask<Result>(task: (address: string) => Promise<Result>): Promise<Result> {
    const base = this.#choose()
    try {
      return await task(`${base.replace(/\/+$/, '')}/${encodeURIComponent(this.service)}/feed`)
    } catch (thrown) {
      this.#leave(base)
      throw thrown
    }
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
