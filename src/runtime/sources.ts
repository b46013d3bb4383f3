import { type Failure, toFailure } from '../core/index.ts'
import type { Bus, Cancel, Clock, LogRow, Store } from '../ports/index.ts'
import { type Beyond, beyondHeads, type Taken } from './older-logs.ts'
import { SourceTail } from './source-tail.ts'
import type { Subscription } from './subscription.ts'

/** How often the heads of sources are asked for when the bus may lose announcements. */
const headsMs = 1_000
/** How long a source is left alone that did not answer. */
const silentMs = 500
/** At this attempt its silence is told. */
const toldAt = 6

/** Who wants to hear of the sources. */
export interface SourcesOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly store: Store
  readonly bufferedMax: number
  /** There may be something to take. */
  readonly wake: () => void
  /** A source has not answered for some seconds: the service does its own work without it. */
  readonly onSilent: (source: string, failure: Failure) => void
  /** A source answers that did not before: its subscriptions must be placed anew. */
  readonly onFound: () => void
  /** A source lacks what was taken of it: nothing more of it is taken. */
  readonly onOlder: (source: string, beyond: Beyond) => void
}

/** Where a log has another row than the one that was taken: as if it ended before. */
const otherAt = ({ partition, position }: LogRow): Beyond => ({ partition, position, head: position - 1 })

/** What a service listens to: the tail of each source, kept up to date by the bus. */
export class Sources {
  readonly #options: SourcesOptions
  readonly #silent = new Set<string>()
  readonly #tails = new Map<string, SourceTail>()
  readonly #unlisten: (() => void)[] = []
  readonly #asking = new Set<string>()
  readonly #askAgain = new Set<string>()
  readonly #suspected = new Set<SourceTail>()
  #alarm: Cancel | undefined
  #begun = false
  #watching = false
  #closed = false

  constructor(options: SourcesOptions) {
    this.#options = options
  }

  /** Whether it is known how far each of these sources is. */
  knows(sources: readonly string[]): boolean {
    return sources.every((source) => this.#tails.has(source))
  }

  /** Whether some source has not answered yet. */
  get searching(): boolean {
    return this.#silent.size > 0
  }

  /** Puts a subscription's cursors where their checkpoints are. A source that does not answer now is left for later. */
  async place(subscription: Subscription): Promise<void> {
    const checkpoints = await this.#options.store.checkpoints(subscription.name)
    for (const source of subscription.handler.sources) {
      const tail = await this.#tailIfHeard(source)
      if (!tail) continue
      for (const partition of tail.heads.keys()) {
        const checkpoint = checkpoints.find((one) => one.source === source && one.partition === partition)
        subscription.add(tail, partition, checkpoint?.position ?? 0, checkpoint?.done ?? 0)
        tail.took(partition, checkpoint?.position ?? 0)
      }
      // What is known of the heads may be older than a checkpoint that another instance has moved.
      if (beyondHeads(tail.taken, tail.heads).length > 0) await this.#ask(tail).catch(() => undefined)
    }
  }

  async #tailIfHeard(source: string): Promise<SourceTail | undefined> {
    try {
      return await this.#tail(source)
    } catch (thrown) {
      const failure = toFailure(thrown)
      if (failure.retry === 'never') throw failure
      this.#search(source, failure)
      return undefined
    }
  }

  /** Asks a source again and again until it answers; its silence is told once, when it lasts. */
  #search(source: string, failure: Failure): void {
    if (this.#silent.has(source)) return
    this.#silent.add(source)
    this.#searchOn(source, failure, 1)
  }

  #searchOn(source: string, failure: Failure, attempts: number): void {
    // Services that start together look for each other before they answer.
    if (attempts === toldAt) this.#options.onSilent(source, failure)
    this.#options.clock.schedule(silentMs, () => {
      if (this.#closed) return
      this.#tail(source).then(
        () => {
          this.#silent.delete(source)
          this.#options.onFound()
        },
        (thrown: unknown) => this.#searchOn(source, toFailure(thrown), attempts + 1)
      )
    })
  }

  /** The tail of a source; listens to it from the first time on. */
  async #tail(source: string): Promise<SourceTail> {
    const known = this.#tails.get(source)
    if (known) return known
    const { bus, bufferedMax, wake } = this.#options
    const tail = new SourceTail(bus.feed(source), bufferedMax)
    const unlisten = bus.listen(source, (rows) => {
      // Where nothing is said twice by chance, a log that was put back says other things at positions of before.
      if (bus.guarantees.lossless) this.#look(tail, rows)
      if (tail.announced(rows)) wake()
    })
    try {
      tail.learnHeads(await tail.feed.heads())
    } catch (thrown) {
      unlisten()
      throw thrown
    }
    this.#unlisten.push(unlisten)
    this.#tails.set(source, tail)
    if (this.#begun && !this.#watching) this.watch()
    return tail
  }

  /** After a turn: lets go of every row that all subscriptions have taken: held any longer, it would only grow old in memory. */
  release(subscriptions: Iterable<Subscription>): void {
    for (const { cursors } of subscriptions)
      for (const cursor of cursors) {
        cursor.seen = cursor.taken
        cursor.source.want(cursor.partition, cursor.taken + 1)
      }
    for (const tail of this.#tails.values()) tail.release()
  }

  /** Where announcements may be lost, the heads are asked for once in a while, so that no message waits for ever. */
  watch(): void {
    this.#begun = true
    const lossy = this.#lossy
    if (this.#closed || lossy.length === 0) return
    this.#watching = true
    void Promise.allSettled(lossy.map((tail) => this.#ask(tail))).then(() => {
      if (this.#closed) return
      this.#alarm = this.#options.clock.schedule(headsMs, () => this.watch())
    })
  }

  /** The sources of which not all is announced here: by a bus that may lose rows, or because others write there too. */
  get #lossy(): readonly SourceTail[] {
    const { lossless } = this.#options.bus.guarantees
    return [...this.#tails.values()].filter(({ feed }) => !lossless || feed.shared === true)
  }

  /** Whether every row of the sources is announced here. */
  get lossless(): boolean {
    return this.#lossy.length === 0
  }

  /** Asks every source how far it is; one that does not answer is passed over. */
  async learnHeads(): Promise<void> {
    await Promise.allSettled([...this.#tails.values()].map((tail) => this.#ask(tail)))
  }

  async #ask(tail: SourceTail): Promise<void> {
    const before = tail.published
    const { taken } = tail
    const heads = await tail.feed.heads()
    tail.learnHeads(heads)
    this.#compare(tail, taken, heads)
    if (tail.published > before) this.#options.wake()
  }

  /**
   * A log that ends before what was taken of it is an older copy, or another one. It would say new things at positions
   * that were passed, and reach those that were not: so nothing more of it is taken until the service is started again.
   */
  #compare(tail: SourceTail, taken: readonly Taken[], heads: readonly number[]): void {
    const [beyond] = beyondHeads(taken, heads)
    if (beyond) this.#leave(tail, beyond)
  }

  /** What is announced once more tells whether the log is the one of which it was taken; not all of it may be known. */
  #look(tail: SourceTail, rows: readonly LogRow[]): void {
    const other = rows.find((row) => tail.isOther(row))
    if (other) this.#leave(tail, otherAt(other))
    else if (rows.some((row) => tail.hasTaken(row))) this.#suspect(tail)
  }

  #leave(tail: SourceTail, beyond: Beyond): void {
    if (tail.isOlder) return
    tail.isOlder = true
    this.#options.onOlder(tail.source, beyond)
  }

  /** Looks whether a log still says what was taken of it last, once a second at most. */
  #suspect(tail: SourceTail): void {
    if (this.#closed || tail.isOlder || this.#suspected.has(tail)) return
    this.#suspected.add(tail)
    this.#options.clock.schedule(headsMs, () => this.#suspected.delete(tail))
    this.#askWhole(tail).catch(() => undefined)
  }

  /** A log that was put back may have come as far again with other rows. */
  async #askWhole(tail: SourceTail): Promise<void> {
    const { taken } = tail
    await this.#ask(tail)
    for (const { partition, position } of taken) {
      if (tail.isOlder || this.#closed) return
      if (!tail.remembers(partition)) continue
      const [row] = await tail.feed.read(partition, position - 1, 1)
      if (row && tail.isOther(row)) this.#leave(tail, otherAt(row))
    }
  }

  /** Asks a source how far it is, because it may have come further; one question for all that come meanwhile. */
  heard(source: string): void {
    const tail = this.#tails.get(source)
    if (!tail || this.#closed) return
    if (this.#asking.has(source)) {
      this.#askAgain.add(source)
      return
    }
    this.#asking.add(source)
    const ended = (): void => {
      this.#asking.delete(source)
      if (this.#askAgain.delete(source)) this.heard(source)
    }
    this.#ask(tail).then(ended, ended)
  }

  close(): void {
    this.#closed = true
    this.#alarm?.()
    for (const unlisten of this.#unlisten) unlisten()
  }
}
