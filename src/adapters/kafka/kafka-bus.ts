import {
  type Bus,
  type BusGuarantees,
  Complaints,
  type Feed,
  type LogRow,
  type RowListener
} from '../../ports/index.ts'
import { type KafkaCounts, noCounts } from './counts.ts'
import { Hearing } from './hearing.ts'
import { type KafkaBusOptions, type KafkaBusSettings, settingsOf } from './options.ts'
import { Publisher } from './publisher.ts'
import { Reader } from './reader.ts'
import { ensureTopic, type FoundTopic, failureOf } from './topics.ts'

const lastSentWithinMs = 1_000
const lastHeardWithinMs = 1_000

/** A bus over Kafka, and what it has done. */
export interface KafkaBus extends Bus {
  readonly counts: Readonly<KafkaCounts>
}

class TheKafkaBus implements KafkaBus {
  readonly guarantees: BusGuarantees = { name: 'kafka', lossless: false, ordered: true }
  readonly counts: KafkaCounts = noCounts()
  readonly #settings: KafkaBusSettings
  readonly #complaints: Complaints
  /** Marks what this bus has sent. */
  readonly #sender: Buffer
  readonly #offered = new Map<string, Feed>()
  readonly #publishers = new Map<string, Publisher>()
  readonly #hearings = new Map<string, Hearing>()
  readonly #reader: Reader
  #closed = false

  constructor(settings: KafkaBusSettings) {
    this.#settings = settings
    this.#complaints = new Complaints(settings.clock, settings.log)
    this.#sender = Buffer.from(settings.ids.unique())
    this.#reader = new Reader(settings, this.#hearings)
  }

  offer(feed: Feed): void {
    this.#settings.feeds.offer(feed)
    const known = this.#offered.has(feed.service)
    this.#offered.set(feed.service, feed)
    if (known || this.#closed) return
    this.#publisherOf(feed.service).prepare()
    this.#hearings.get(feed.service)?.comesHere()
  }

  feed(service: string): Feed {
    return this.#settings.feeds.feed(service)
  }

  announce(service: string, rows: readonly LogRow[]): void {
    if (this.#closed || rows.length === 0) return
    this.#publisherOf(service).send(rows)
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
    await Promise.all([
      this.#reader.close(lastHeardWithinMs),
      ...[...this.#publishers.values()].map((publisher) => publisher.finish(lastSentWithinMs))
    ])
    await this.#settings.feeds.close()
  }

  /** Makes sure of the topic of a service that runs here. */
  async prepare(service: string): Promise<void> {
    this.#publish(service, await this.#ensure(service))
  }

  async #ensure(service: string): Promise<FoundTopic> {
    const feed = this.#offered.get(service)
    const partitions = feed ? (await feed.heads()).length : this.#settings.partitions
    const found = await ensureTopic(this.#settings, service, partitions)
    if (found.created) this.counts.topicsCreated += 1
    if (found.differs.length > 0)
      this.#complaints.tell('warn', 'A topic is kept otherwise than this process would; it is left so.', {
        topic: found.topic,
        differs: found.differs
      })
    return found
  }

  #publisherOf(service: string): Publisher {
    return this.#publishers.get(service) ?? this.#publish(service)
  }

  #publish(service: string, topic?: FoundTopic): Publisher {
    const publisher = new Publisher(
      {
        service,
        settings: this.#settings,
        counts: this.counts,
        complaints: this.#complaints,
        sender: this.#sender,
        ensure: () => this.#ensure(service)
      },
      topic
    )
    this.#publishers.set(service, publisher)
    return publisher
  }

  #hear(service: string): Hearing {
    const hearing = new Hearing({
      service,
      settings: this.#settings,
      sender: this.#sender,
      counts: this.counts,
      complaints: this.#complaints,
      changed: () => this.#reader.wake()
    })
    this.#hearings.set(service, hearing)
    return hearing
  }
}

/**
 * A bus over Kafka: rows are heard as soon as the brokers have them, and the topics keep the newest of them for those
 * who were away and for programs in other languages. There is one topic for each service, and a row is in the partition
 * that it has in the log. The truth stays in the logs: what the brokers lose, repeat or bring back from an old copy is
 * put right by the feeds of `feeds`, so their data may be wiped at any time.
 *
 * Rows of a partition are heard in the order of their positions and once; some may be left out. Each message is a
 * CloudEvent in binary mode; one that is larger than the topic takes goes without its data and is read from the feed.
 * While the brokers are away what is announced is dropped and counted. Fails with `BUS_GUARANTEE` when the topic of one
 * of `services` cannot be had or cannot carry its rows, with `BUS_UNAVAILABLE` when the brokers do not answer now, with
 * `CONFIG_INVALID` when the prefix cannot begin the name of a topic.
 */
export async function kafkaBus(options: KafkaBusOptions): Promise<KafkaBus> {
  const settings = settingsOf(options)
  const bus = new TheKafkaBus(settings)
  // Also without services it is to be known at the start whether the brokers answer.
  await settings.admin.metadata({ topics: [], forceUpdate: true }).catch((error: unknown) => {
    throw failureOf(error, settings.prefix)
  })
  for (const service of settings.services) await bus.prepare(service)
  return bus
}
