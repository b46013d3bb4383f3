import { toFailure } from '../core/index.ts'
import type { Bus, BusGuarantees, Clock, Feed, Log, LogRow } from '../ports/index.ts'

/** How long a broker that did not answer is left alone. */
const againMs = 1_000

/** A broker's bus on its connection. */
export interface BrokerBus {
  readonly bus: Bus
  /** Ends the connection; called when the bus is closed. */
  readonly disconnect: () => Promise<void>
}

/** A broker's bus that may not be there yet. */
export interface FeedsUntilBrokerOptions {
  /** Serves until the broker answers, and is what the broker's bus finds feeds by. */
  readonly feeds: Bus
  /** What the broker's bus guarantees; nothing more is promised before it is there. */
  readonly guarantees: BusGuarantees
  /** Opens the broker's bus over the feeds. Closing it closes them, too. */
  readonly open: () => Promise<BrokerBus>
  readonly clock: Clock
  readonly log: Log
}

interface Registration {
  readonly service: string
  readonly listener: (rows: readonly LogRow[]) => void
  forget: () => void
}

/** Feeds carry everything until the broker answers: a service that starts while it is away does its work without it. */
class FeedsUntilBroker implements Bus {
  readonly guarantees: BusGuarantees
  readonly #options: FeedsUntilBrokerOptions
  readonly #registrations = new Set<Registration>()
  readonly #offered = new Map<string, Feed>()
  #bus: Bus
  #disconnect: () => Promise<void> = async () => undefined
  #opening: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: FeedsUntilBrokerOptions) {
    this.guarantees = options.guarantees
    this.#options = options
    this.#bus = options.feeds
  }

  offer(feed: Feed): void {
    this.#offered.set(feed.service, feed)
    this.#bus.offer(feed)
  }

  feed(service: string): Feed {
    return this.#bus.feed(service)
  }

  announce(service: string, rows: readonly LogRow[]): void {
    this.#bus.announce(service, rows)
  }

  listen(service: string, listener: (rows: readonly LogRow[]) => void): () => void {
    const registration: Registration = { service, listener, forget: this.#bus.listen(service, listener) }
    this.#registrations.add(registration)
    return () => {
      if (this.#registrations.delete(registration)) registration.forget()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#opening
    await this.#bus.close()
    await this.#disconnect()
  }

  /** Tries once. Fails when the broker will never do; one that does not answer now is tried again and again. */
  async open(): Promise<void> {
    const { open, clock, log } = this.#options
    try {
      this.#take(await open())
    } catch (thrown) {
      const failure = toFailure(thrown)
      if (failure.retry === 'never') throw failure
      log.warn('the broker does not answer; news come by the feeds until it does', {
        failure: failure.message
      })
      clock.schedule(againMs, () => this.#again())
    }
  }

  #again(): void {
    if (this.#closed) return
    const { open, clock, log } = this.#options
    this.#opening = open().then(
      (broker) => {
        this.#take(broker)
        log.info('the broker answers; news come by it from now on', { bus: this.guarantees.name })
      },
      (thrown: unknown) => {
        const failure = toFailure(thrown)
        // A broker that was away may come back as one that does not do; somebody may mend that, too.
        if (failure.retry === 'never')
          log.error('the broker cannot be used; news come by the feeds', { failure: failure.message })
        clock.schedule(againMs, () => this.#again())
      }
    )
  }

  #take({ bus, disconnect }: BrokerBus): void {
    for (const feed of this.#offered.values()) bus.offer(feed)
    for (const registration of this.#registrations) {
      const { forget } = registration
      // First the new one: what comes twice is passed over, what comes not at all is missed for a while.
      registration.forget = bus.listen(registration.service, registration.listener)
      forget()
    }
    this.#bus = bus
    this.#disconnect = disconnect
  }
}

/**
 * Opens a broker's bus; while the broker does not answer the feeds serve, and it is tried again once a second. Fails as
 * `open` does when the broker answers and will never do.
 */
export async function feedsUntilBroker(options: FeedsUntilBrokerOptions): Promise<Bus> {
  const bus = new FeedsUntilBroker(options)
  await bus.open()
  return bus
}
