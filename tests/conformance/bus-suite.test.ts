import { expect, test } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { systemClock } from '../../src/adapters/node/index.ts'
import { type BusUnderTest, busConformance } from '../../src/conformance/index.ts'
import type { Bus, Clock, Feed, LogRow } from '../../src/ports/index.ts'

// A suite is worth what it catches: each of these buses breaks one promise, and the case for it must see that.

// Waiting in vain is what most of these cases do; a second is long enough for a bus in this process.
const real = systemClock()
const clock: Clock = { ...real, schedule: (delayMs, task) => real.schedule(Math.min(delayMs, 1_000), task) }

function suiteOf(spoil: (bus: Bus) => Partial<Bus>): ReturnType<typeof busConformance> {
  const under: BusUnderTest = {
    guarantees: { name: 'local', lossless: true, ordered: true },
    open() {
      const whole = localBus()
      const bus: Bus = { ...whole, ...spoil(whole) }
      return Promise.resolve({ publisher: bus, consumer: bus, clock, close: () => whole.close() })
    }
  }
  return busConformance(under)
}

type Listener = (rows: readonly LogRow[]) => void

/** A feed with its reading changed. */
const reading = (
  bus: Bus,
  read: (feed: Feed, ...range: [number, number, number]) => Promise<readonly LogRow[]>
) => ({
  feed(service: string): Feed {
    const feed = bus.feed(service)
    return { service, heads: () => feed.heads(), read: (...range) => read(feed, ...range) }
  }
})

/** A bus whose listeners hear through a change. */
const hearing = (bus: Bus, change: (rows: readonly LogRow[], listener: Listener) => void) => ({
  listen: (service: string, listener: Listener) => bus.listen(service, (rows) => change(rows, listener))
})

const defects: readonly [defect: string, caught: string, spoil: (bus: Bus) => Partial<Bus>][] = [
  [
    'calls itself something else',
    'both ends say of themselves what was declared',
    () => ({ guarantees: { name: 'local', lossless: false, ordered: true } })
  ],
  [
    'counts one row too few',
    'a feed that is offered is found by its service',
    (bus) => ({
      feed(service) {
        const feed = bus.feed(service)
        const heads = async () => (await feed.heads()).map((head) => Math.max(0, head - 1))
        return { service, heads, read: (...range) => feed.read(...range) }
      }
    })
  ],
  [
    'loses a field on the way through the feed',
    'a row is read from the feed as it was written, of every kind and with every field',
    (bus) =>
      reading(bus, async (feed, ...range) => (await feed.read(...range)).map(({ replyTo: _, ...row }) => row))
  ],
  [
    'skips the row behind a page',
    'a feed that is read in steps of any size gives every row once and in order',
    (bus) =>
      reading(bus, (feed, partition, after, limit) =>
        feed.read(partition, after === 256 ? 257 : after, limit)
      )
  ],
  [
    'gives short answers in the middle of the feed',
    'reading a feed fills the limit unless the end is reached',
    (bus) =>
      reading(bus, (feed, partition, after, limit) => feed.read(partition, after, Math.min(limit, 256)))
  ],
  [
    'keeps an answer for ever',
    'reading at the end and behind it gives nothing, and what is committed later is there at once',
    (bus) => {
      const kept = new Map<string, Promise<readonly LogRow[]>>()
      return reading(bus, (feed, ...range) => {
        const known = kept.get(range.join()) ?? feed.read(...range)
        kept.set(range.join(), known)
        return known
      })
    }
  ],
  [
    'sticks to the feed that was offered first',
    'a feed of the same service replaces the former',
    (bus) => {
      const offered = new Set<string>()
      return {
        offer(feed) {
          if (!offered.has(feed.service)) bus.offer(feed)
          offered.add(feed.service)
        }
      }
    }
  ],
  [
    'invents a feed for a service that nobody knows',
    'the feed of a service that nobody knows fails with SERVICE_UNKNOWN',
    () => ({
      feed: (service) => ({ service, read: () => Promise.resolve([]), heads: () => Promise.resolve([0]) })
    })
  ],
  [
    'calls listeners inside announce',
    'announce returns before any listener runs',
    () => {
      const listeners: Listener[] = []
      return {
        listen(_, listener) {
          listeners.push(listener)
          return () => {}
        },
        announce(_, rows) {
          for (const listener of listeners) listener(rows)
        }
      }
    }
  ],
  [
    'tells every service everything',
    'a listener hears only of the service it listens to',
    (bus) => ({
      announce(_, rows) {
        for (const service of ['harbour', 'pilot']) bus.announce(service, rows)
      }
    })
  ],
  [
    'stops telling after a listener threw',
    'a listener that throws hurts neither the others, nor the announcer, nor later rows',
    (bus) => {
      let broken = false
      return hearing(bus, (rows, listener) => {
        if (broken) return
        broken = true
        listener(rows)
        broken = false
      })
    }
  ],
  [
    'cannot forget a listener',
    'a listener that was removed hears nothing more, and removing it twice does nothing',
    (bus) => ({
      listen(service, listener) {
        bus.listen(service, listener)
        return () => {}
      }
    })
  ],
  [
    'passes over the listeners behind one that removed itself',
    'a listener may remove itself while it is called, and the others are called all the same',
    () => {
      const listeners: Listener[] = []
      return {
        listen(_, listener) {
          listeners.push(listener)
          return () => {
            listeners.length = 0
          }
        },
        announce(_, rows) {
          for (const listener of listeners) listener(rows)
        }
      }
    }
  ],
  [
    'takes two registrations of a function for one',
    'the same function may listen twice; removing one leaves the other',
    (bus) => {
      const known = new Map<Listener, () => void>()
      return {
        listen(service, listener) {
          const forget = known.get(listener) ?? bus.listen(service, listener)
          known.set(listener, forget)
          return forget
        }
      }
    }
  ],
  [
    'hides rows that were not announced',
    'rows that were committed and never announced are a hole that the feed repairs',
    (bus) => {
      const announced = new Set<number>()
      return {
        announce(service, rows) {
          for (const row of rows) announced.add(row.position)
          bus.announce(service, rows)
        },
        ...reading(bus, async (feed, ...range) =>
          (await feed.read(...range)).filter((row) => announced.has(row.position))
        )
      }
    }
  ],
  [
    'calls listeners without rows',
    'announcing while nobody listens, and announcing no rows, does no harm',
    (bus) =>
      hearing(bus, (rows, listener) => {
        listener([])
        listener(rows)
      })
  ],
  [
    'goes on after close',
    'close stops the listeners, also those that come after it, and may be called twice',
    () => ({ close: () => Promise.resolve() })
  ],
  [
    'loses every hundredth row',
    'every row announced since a listener hears reaches it, and every listener',
    (bus) => hearing(bus, (rows, listener) => listener(rows.filter((row) => row.position % 100 !== 0)))
  ],
  [
    'loses a field on the way to the listener',
    'a row is heard as it was announced, of every kind and with every field',
    (bus) => hearing(bus, (rows, listener) => listener(rows.map((row) => ({ ...row, traceparent: '' }))))
  ],
  [
    'cuts long announcements off',
    'one announcement may have thousands of rows',
    (bus) => hearing(bus, (rows, listener) => listener(rows.slice(0, 1_000)))
  ],
  [
    'leaves the first announcement after listening out',
    'who listens first and reads the feed then misses nothing, whenever rows are committed',
    (bus) => {
      let announcements = 0
      return {
        announce(service, rows) {
          announcements += 1
          if (announcements !== 2) bus.announce(service, rows)
        }
      }
    }
  ],
  [
    'knows only its first listener',
    'a listener that comes when others have listened for long misses nothing from then on',
    (bus) => {
      let listened = false
      return {
        listen(service, listener) {
          if (listened) return () => {}
          listened = true
          return bus.listen(service, listener)
        }
      }
    }
  ],
  [
    'turns announcements around',
    'rows of a partition are heard in the order of their positions',
    (bus) => hearing(bus, (rows, listener) => listener(rows.toReversed()))
  ]
]

test.concurrent.each(defects)(
  'a bus that %s is caught by: %s',
  { timeout: 20_000 },
  async (_, caught, spoil) => {
    const found = suiteOf(spoil).find((each) => each.name === caught)
    expect(found).toBeDefined()
    await expect(found?.run()).rejects.toThrow(/./)
  }
)

test('every case of the suite is seen to catch a defect', () => {
  const names = suiteOf(() => ({})).map((each) => each.name)
  expect(defects.map(([, caught]) => caught).toSorted()).toEqual(names.toSorted())
})

test('a bus that promises little has fewer cases to pass', () => {
  const under = (lossless: boolean, ordered: boolean): BusUnderTest => ({
    guarantees: { name: 'lossy', lossless, ordered },
    open: () => Promise.reject(new Error('Not opened.'))
  })
  const counts = [under(true, true), under(true, false), under(false, false)].map(
    (bus) => busConformance(bus).length
  )
  expect(counts[0]).toBeGreaterThan(counts[1] ?? 0)
  expect(counts[1]).toBeGreaterThan(counts[2] ?? 0)
  expect(counts[2]).toBeGreaterThan(10)
})
