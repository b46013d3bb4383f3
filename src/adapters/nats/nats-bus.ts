import {
  type Bus,
  type BusGuarantees,
  Complaints,
  type Feed,
  type LogRow,
  type RowListener
} from '../../ports/index.ts'
import type { NatsStreamManager } from './connection.ts'
import { type NatsCounts, noCounts } from './counts.ts'
import { Hearing } from './hearing.ts'
import { Link } from './link.ts'
import { type NatsBusOptions, type NatsBusSettings, settingsOf } from './options.ts'
import { Publisher } from './publisher.ts'
import { ensureStream, type FoundStream } from './stream.ts'

const streamCheckMs = 30_000
const lastSentWithinMs = 1_000

/** A bus over NATS, and what it has done. */
export interface NatsBus extends Bus {
  readonly counts: Readonly<NatsCounts>
}

class TheNatsBus implements NatsBus {
  readonly guarantees: BusGuarantees = { name: 'nats', lossless: false, ordered: true }
  readonly counts: NatsCounts = noCounts()
  readonly #settings: NatsBusSettings
  readonly #complaints: Complaints
  readonly #link: Link
  readonly #publisher: Publisher
  /** Marks what this bus has sent. */
  readonly #sender: string
  readonly #offered = new Set<string>()
  readonly #hearings = new Map<string, Hearing>()
  #closed = false

  constructor(settings: NatsBusSettings, complaints: Complaints) {
    this.#settings = settings
    this.#complaints = complaints
    this.#sender = settings.ids.unique()
    this.#link = new Link(
      settings.connection,
      complaints,
      () => this.#up(),
      () => this.#down()
    )
    this.#publisher = new Publisher(settings, this.#link, this.#sender, this.counts, complaints)
  }

  offer(feed: Feed): void {
    this.#settings.feeds.offer(feed)
    if (this.#offered.has(feed.service)) return
    this.#offered.add(feed.service)
    this.#hearings.get(feed.service)?.comesHere()
  }

  feed(service: string): Feed {
    return this.#settings.feeds.feed(service)
  }

  announce(service: string, rows: readonly LogRow[]): void {
    if (this.#closed || rows.length === 0) return
    this.#publisher.send(rows)
    if (this.#offered.has(service)) this.#hearings.get(service)?.own(rows)
  }

  listen(service: string, listener: RowListener): () => void {
    if (this.#closed) return () => {}
    const hearing = this.#hearings.get(service) ?? this.#hear(service)
    const forget = hearing.add(listener)
    return () => {
      forget()
      if (hearing.listened || this.#hearings.get(service) !== hearing) return
      this.#hearings.delete(service)
      hearing.close()
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const hearing of this.#hearings.values()) hearing.close()
    this.#hearings.clear()
    await this.#publisher.finish(lastSentWithinMs)
    this.#link.close()
    await this.#settings.feeds.close()
  }

  /** Takes note of what was found of the stream. */
  learn({ created, differs }: FoundStream): void {
    if (created) this.counts.streamsCreated += 1
    if (differs.length > 0)
      this.#complaints.tell('warn', 'The stream is kept otherwise than this process would; it is left so.', {
        stream: this.#settings.stream,
        differs
      })
  }

  /** Looks now and then whether the stream is still there: who deletes it is not noticed otherwise. */
  watchStream(): void {
    this.#settings.clock.schedule(streamCheckMs, () => {
      if (this.#closed) return
      void this.#restoreStream().then(() => this.watchStream())
    })
  }

  #hear(service: string): Hearing {
    const hearing = new Hearing({
      service,
      settings: this.#settings,
      link: this.#link,
      sender: this.#sender,
      counts: this.counts,
      complaints: this.#complaints,
      here: this.#offered.has(service)
    })
    this.#hearings.set(service, hearing)
    return hearing
  }

  #up(): void {
    this.counts.reconnects += 1
    this.#publisher.resume()
    for (const hearing of this.#hearings.values()) hearing.back()
    void this.#restoreStream()
  }

  #down(): void {
    this.#publisher.lost()
    for (const hearing of this.#hearings.values()) hearing.lost()
  }

  async #restoreStream(): Promise<void> {
    if (!this.#link.connected) return
    try {
      this.learn(await ensureStream(this.#settings))
    } catch (error) {
      // Rows are heard without it; only what others read of it is missing.
      this.#complaints.tell('warn', 'The stream cannot be made sure of; trying again.', { error })
    }
  }
}

/** Asks for the manager until it is there, and keeps it. */
function remembered(manager: () => Promise<NatsStreamManager>): () => Promise<NatsStreamManager> {
  let known: NatsStreamManager | undefined
  return async () => {
    known ??= await manager()
    return known
  }
}

/**
 * A bus over NATS with JetStream: rows are heard the moment the server passes them on, and a stream keeps the newest of
 * them for those who were away and for programs in other languages. The truth stays in the logs: what the broker loses,
 * repeats or brings back from an old copy is put right by the feeds of `feeds`, so its data may be wiped at any time.
 *
 * Rows of a partition are heard in the order of their positions and once; some may be left out. Each message is a
 * CloudEvent in binary mode; one that is larger than the server takes goes without its data and is read from the feed.
 * While the server is away what is announced is dropped and counted. Fails with `BUS_GUARANTEE` when JetStream is off or
 * the stream cannot be had, with `BUS_UNAVAILABLE` when the server does not answer now, with `CONFIG_INVALID` when the
 * prefix cannot be that of a subject.
 */
export async function natsBus(options: NatsBusOptions): Promise<NatsBus> {
  const settings = settingsOf({ ...options, manager: remembered(options.manager) })
  const complaints = new Complaints(settings.clock, settings.log)
  const stream = await ensureStream(settings)
  const bus = new TheNatsBus(settings, complaints)
  bus.learn(stream)
  bus.watchStream()
  return bus
}
