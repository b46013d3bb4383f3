import { Failure } from '../../core/index.ts'
import type { Bus, Clock, Feed, Log, LogRow } from '../../ports/index.ts'

/** What a local bus may be given. */
export interface LocalBusOptions {
  /** Whose `soon` brings the next turn; default the platform's. */
  readonly clock?: Pick<Clock, 'soon'>
  /** Hears of listeners that throw; without it they are passed over in silence. */
  readonly log?: Log
}

type Listener = (rows: readonly LogRow[]) => void

interface Registration {
  readonly listener: Listener
}

interface Announcement {
  readonly service: string
  readonly rows: readonly LogRow[]
}

/**
 * A bus within one process: lossless, ordered, and the arrays it is given are handed on as they are.
 *
 * Listeners run in the next turn of the event loop, all announcements of a turn together. So whoever announces has
 * answered its own callers first, a slow or throwing listener is not on its stack, input and output get their turn
 * between two hops of a chain of services, and a busy loop delivers many announcements for one wake-up. A listener
 * that throws is logged; the others and the later announcements are not touched by it. Rows announced while nobody
 * listens are gone from the bus (the feed has them). `close` drops what was not delivered yet: it is in the feed too.
 */
export function localBus(options: LocalBusOptions = {}): Bus {
  const feeds = new Map<string, Feed>()
  const registrations = new Map<string, Set<Registration>>()
  let waiting: Announcement[] = []
  let closed = false
  const { clock, log } = options
  const soon = (task: () => void): unknown => (clock ? clock.soon(task) : setImmediate(task))

  const deliver = ({ service, rows }: Announcement): void => {
    for (const { listener } of registrations.get(service) ?? []) {
      try {
        listener(rows)
      } catch (error) {
        log?.error('A listener on the local bus threw.', { service, error })
      }
    }
  }

  const deliverAll = (): void => {
    const due = waiting
    waiting = []
    for (const announcement of due) deliver(announcement)
  }

  return {
    guarantees: { name: 'local', lossless: true, ordered: true },
    offer(feed: Feed): void {
      feeds.set(feed.service, feed)
    },
    feed(service: string): Feed {
      const feed = feeds.get(service)
      if (!feed)
        throw new Failure('SERVICE_UNKNOWN', {
          service,
          hint: `No feed of ${service} was offered in this process.`
        })
      return feed
    },
    announce(service: string, rows: readonly LogRow[]): void {
      if (closed || rows.length === 0 || !registrations.has(service)) return
      if (waiting.push({ service, rows }) === 1) soon(deliverAll)
    },
    listen(service: string, listener: Listener): () => void {
      if (closed) return () => {}
      const registration: Registration = { listener }
      const ofService = registrations.get(service) ?? new Set()
      registrations.set(service, ofService.add(registration))
      return () => {
        ofService.delete(registration)
        if (ofService.size === 0 && registrations.get(service) === ofService) registrations.delete(service)
      }
    },
    close(): Promise<void> {
      closed = true
      waiting = []
      registrations.clear()
      return Promise.resolve()
    }
  }
}
