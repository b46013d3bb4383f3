import type { Bus, BusGuarantees, Feed, LogRow } from '../../ports/index.ts'
import { FeedAddress, type FindAddresses } from './feed-address.ts'
import { connectedFeed, type FeedConnection } from './http-feed.ts'
import { NewsPoller } from './news-poller.ts'
import { type HttpFeedOptions, settingsOf } from './options.ts'
import { PageCache } from './page-cache.ts'

/** Where the other services are, and the bus for what this process offers itself. */
export interface HttpFeedBusOptions extends HttpFeedOptions {
  /**
   * The base address of each service in another process: `{ sales: 'http://127.0.0.1:4001' }`. Where services have
   * several instances, or these come and go, a function that says where those of a service answer now, and undefined
   * for a service that there is no way to. It is asked often, and must not take time.
   */
  readonly urls: Readonly<Record<string, string>> | FindAddresses
  /** Carries what is offered and announced in this process. It is closed together with this bus. */
  readonly local: Bus
}

type Listener = (rows: readonly LogRow[]) => void

interface Registration {
  readonly service: string
  readonly listener: Listener
  cancel: () => void
}

interface Remote {
  readonly address: FeedAddress
  readonly feed: Feed
}

function findIn(urls: Readonly<Record<string, string>>): FindAddresses {
  return (service) => {
    const url = Object.hasOwn(urls, service) ? urls[service] : undefined
    return url === undefined ? undefined : [url]
  }
}

class HttpFeedBus implements Bus {
  readonly guarantees: BusGuarantees
  readonly #local: Bus
  readonly #find: FindAddresses
  /** What is offered in this process. */
  readonly #here = new Set<string>()
  readonly #remotes = new Map<string, Remote>()
  readonly #connection: FeedConnection
  readonly #closing = new AbortController()
  readonly #pollers = new Map<string, NewsPoller>()
  readonly #ending = new Set<Promise<void>>()
  readonly #registrations = new Set<Registration>()

  constructor(options: HttpFeedBusOptions) {
    const { urls, local } = options
    const settings = settingsOf(options)
    this.guarantees = { ...local.guarantees, name: 'http-feed' }
    this.#local = local
    this.#connection = {
      settings,
      cache: new PageCache(settings.cacheMaxBytes),
      closed: this.#closing.signal
    }
    this.#find = typeof urls === 'function' ? urls : findIn(urls)
  }

  offer(feed: Feed): void {
    this.#local.offer(feed)
    this.#here.add(feed.service)
    if (!this.#remotes.delete(feed.service)) return
    for (const registration of this.#registrations) {
      if (registration.service !== feed.service) continue
      registration.cancel()
      registration.cancel = this.#connect(registration)
    }
  }

  feed(service: string): Feed {
    return this.#remote(service)?.feed ?? this.#local.feed(service)
  }

  announce(service: string, rows: readonly LogRow[]): void {
    this.#local.announce(service, rows)
  }

  listen(service: string, listener: Listener): () => void {
    if (this.#closing.signal.aborted) return () => {}
    const registration: Registration = { service, listener, cancel: () => {} }
    this.#registrations.add(registration)
    registration.cancel = this.#connect(registration)
    return () => {
      if (this.#registrations.delete(registration)) registration.cancel()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#registrations.clear()
    for (const service of this.#pollers.keys()) this.#stopPoller(service)
    await Promise.all(this.#ending)
    this.#connection.cache.clear()
    await this.#local.close()
  }

  /** The way to a service in another process, if there is one. */
  #remote(service: string): Remote | undefined {
    const known = this.#remotes.get(service)
    if (known || this.#here.has(service) || this.#find(service) === undefined) return known
    const address = new FeedAddress(service, this.#find, this.#connection.settings)
    const remote = { address, feed: connectedFeed(address, this.#connection) }
    this.#remotes.set(service, remote)
    return remote
  }

  #connect({ service, listener }: Registration): () => void {
    const remote = this.#remote(service)
    if (!remote) return this.#local.listen(service, listener)
    const poller = this.#pollers.get(service) ?? new NewsPoller(remote.feed, remote.address, this.#connection)
    this.#pollers.set(service, poller)
    const forget = poller.listen(listener)
    return () => {
      forget()
      if (!poller.listened && this.#pollers.get(service) === poller) this.#stopPoller(service)
    }
  }

  #stopPoller(service: string): void {
    const poller = this.#pollers.get(service)
    if (!poller) return
    this.#pollers.delete(service)
    const ended = poller.stop().finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
  }
}

/**
 * A bus over the feeds of other processes, with no broker: it asks each service that somebody listens to for its
 * news, and the publisher holds the answer back until there are some. Of several instances one is asked as long as it
 * answers, then another, also when it stands still: it is looked at while it lets wait. Lossless and ordered, also over
 * outages, as far as the local bus is. A service that is offered in this process is served by the local bus, even when it has an
 * address. One request for each listened service is under way, its answer bounded by `bodyMaxBytes`.
 */
export function httpFeedBus(options: HttpFeedBusOptions): Bus {
  return new HttpFeedBus(options)
}
