import type { Bus, Cancel, Clock, Store } from '../ports/index.ts'
import { SourceTail } from './source-tail.ts'
import type { Subscription } from './subscription.ts'

/** How often the heads of sources are asked for when the bus may lose announcements. */
const headsMs = 1_000

/** What a service listens to: the tail of each source, kept up to date by the bus. */
export class Sources {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #store: Store
  readonly #bufferedMax: number
  readonly #wake: () => void
  readonly #tails = new Map<string, SourceTail>()
  readonly #unlisten: (() => void)[] = []
  #alarm: Cancel | undefined
  #closed = false

  constructor(bus: Bus, clock: Clock, store: Store, bufferedMax: number, wake: () => void) {
    this.#bus = bus
    this.#clock = clock
    this.#store = store
    this.#bufferedMax = bufferedMax
    this.#wake = wake
  }

  /** Puts a subscription's cursors where their checkpoints are. */
  async place(subscription: Subscription): Promise<void> {
    const checkpoints = await this.#store.checkpoints(subscription.name)
    for (const source of subscription.handler.sources) {
      const tail = await this.#tail(source)
      for (const partition of tail.heads.keys()) {
        const checkpoint = checkpoints.find((one) => one.source === source && one.partition === partition)
        subscription.add(tail, partition, checkpoint?.position ?? 0, checkpoint?.done ?? 0)
      }
    }
  }

  /** The tail of a source; listens to it from the first time on. */
  async #tail(source: string): Promise<SourceTail> {
    const known = this.#tails.get(source)
    if (known) return known
    const tail = new SourceTail(this.#bus.feed(source), this.#bufferedMax)
    const unlisten = this.#bus.listen(source, (rows) => {
      tail.announced(rows)
      this.#wake()
    })
    try {
      tail.learnHeads(await tail.feed.heads())
    } catch (thrown) {
      unlisten()
      throw thrown
    }
    this.#unlisten.push(unlisten)
    this.#tails.set(source, tail)
    return tail
  }

  /** Lets go of every row that all subscriptions have taken: held any longer, it would only grow old in memory. */
  release(subscriptions: Iterable<Subscription>): void {
    for (const { cursors } of subscriptions)
      for (const { source, partition, taken } of cursors) source.want(partition, taken + 1)
    for (const tail of this.#tails.values()) tail.release()
  }

  /** Where announcements may be lost, the heads are asked for once in a while, so that no message waits for ever. */
  watch(): void {
    if (this.#closed || this.#bus.guarantees.lossless) return
    void this.learnHeads().then(() => {
      if (this.#closed) return
      this.#alarm = this.#clock.schedule(headsMs, () => this.watch())
    })
  }

  /** Asks every source how far it is; one that does not answer is passed over. */
  async learnHeads(): Promise<void> {
    const asked = [...this.#tails.values()].map(async (tail) => {
      const before = tail.published
      tail.learnHeads(await tail.feed.heads())
      if (tail.published > before) this.#wake()
    })
    await Promise.allSettled(asked)
  }

  close(): void {
    this.#closed = true
    this.#alarm?.()
    for (const unlisten of this.#unlisten) unlisten()
  }
}
