import type { Bus, Feed, LogRow } from '../../ports/index.ts'
import { connectedFeed, type FeedConnection } from './http-feed.ts'
import { NewsPoller } from './news-poller.ts'
import { type HttpFeedOptions, settingsOf } from './options.ts'
import { PageCache } from './page-cache.ts'

/** Where the other services are, and the bus for what this process offers itself. */
export interface HttpFeedBusOptions extends HttpFeedOptions {
  /** The base address of each service in another process: `{ sales: 'http://127.0.0.1:4001' }`. */
  readonly urls: Readonly<Record<string, string>>
  /** Carries what is offered and announced in this process. It is closed together with this bus. */
  readonly local: Bus
}

type Listener = (rows: readonly LogRow[]) => void

interface Registration {
  readonly service: string
  readonly listener: Listener
  cancel: () => void
}

/**
 * A bus over the feeds of other processes, with no broker: it asks each service that somebody listens to for its
 * news, and the publisher holds the answer back until there are some. Lossless and ordered, also over outages, as
 * far as the local bus is. A service that is offered in this process is served by the local bus, even when it has an
 * address. One request for each listened service is under way, its answer bounded by `bodyBytesMax`.
 */
export function httpFeedBus(options: HttpFeedBusOptions): Bus {
  const { urls, local } = options
  const settings = settingsOf(options)
  const closing = new AbortController()
  const connection: FeedConnection = {
    settings,
    cache: new PageCache(settings.cacheBytesMax),
    closed: closing.signal
  }
  const remote = new Map(
    Object.entries(urls).map(([service, url]) => [
      service,
      { url, feed: connectedFeed(service, url, connection) }
    ])
  )
  const pollers = new Map<string, NewsPoller>()
  const ending = new Set<Promise<void>>()
  const registrations = new Set<Registration>()

  const stopPoller = (service: string): void => {
    const poller = pollers.get(service)
    if (!poller) return
    pollers.delete(service)
    const ended = poller.stop().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  const connect = ({ service, listener }: Registration): (() => void) => {
    const other = remote.get(service)
    if (!other) return local.listen(service, listener)
    const poller = pollers.get(service) ?? new NewsPoller(other.feed, other.url, connection)
    pollers.set(service, poller)
    const forget = poller.listen(listener)
    return () => {
      forget()
      if (!poller.listened && pollers.get(service) === poller) stopPoller(service)
    }
  }

  return {
    guarantees: {
      name: 'http-feed',
      lossless: local.guarantees.lossless,
      ordered: local.guarantees.ordered
    },
    offer(feed: Feed): void {
      local.offer(feed)
      if (!remote.delete(feed.service)) return
      for (const registration of registrations) {
        if (registration.service !== feed.service) continue
        registration.cancel()
        registration.cancel = connect(registration)
      }
    },
    feed: (service: string) => remote.get(service)?.feed ?? local.feed(service),
    announce: (service: string, rows: readonly LogRow[]) => local.announce(service, rows),
    listen(service: string, listener: Listener): () => void {
      if (closing.signal.aborted) return () => {}
      const registration: Registration = { service, listener, cancel: () => {} }
      registrations.add(registration)
      registration.cancel = connect(registration)
      return () => {
        if (registrations.delete(registration)) registration.cancel()
      }
    },
    async close(): Promise<void> {
      closing.abort()
      registrations.clear()
      for (const service of pollers.keys()) stopPoller(service)
      await Promise.all(ending)
      connection.cache.clear()
      await local.close()
    }
  }
}
