import { Failure } from '../../core/index.ts'
import type { FeedAddress } from './feed-address.ts'
import { askWhole } from './feed-request.ts'
import type { FeedConnection } from './http-feed.ts'

/** What a publisher answers who does not want to know how far its subscribers are. */
const notWanted: ReadonlySet<unknown> = new Set([404, 405, 501])
/** After so long it is asked again: its data may have moved to a store that does. */
const askAgainMs = 300_000

/** Tells the publisher of one feed how far somebody is. */
export class FeedSubscriber {
  readonly #address: FeedAddress
  readonly #connection: FeedConnection
  #notBeforeMs = 0

  constructor(address: FeedAddress, connection: FeedConnection) {
    this.#address = address
    this.#connection = connection
  }

  async acknowledge(subscriber: string, positions: readonly number[]): Promise<void> {
    const { settings, closed } = this.#connection
    const nowMs = settings.clock.nowMs()
    if (nowMs < this.#notBeforeMs && this.#notBeforeMs - nowMs <= askAgainMs) return
    const { service } = this.#address
    try {
      await this.#address.ask(closed, async (base, asking) => {
        const url = `${base}/subscribers/${encodeURIComponent(subscriber)}`
        const put = { positions }
        await askWhole({ service, url, mediaType: 'application/json', put, ...asking }, settings)
      })
    } catch (thrown) {
      if (!(thrown instanceof Failure) || !notWanted.has(thrown.details['status'])) throw thrown
      this.#notBeforeMs = nowMs + askAgainMs
    }
  }
}
