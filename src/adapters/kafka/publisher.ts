import { Failure } from '../../core/index.ts'
import { type Complaints, type LogRow, OutgoingRows } from '../../ports/index.ts'
import type { KafkaMessage } from './client.ts'
import type { KafkaCounts } from './counts.ts'
import { messageOfRow } from './message.ts'
import type { KafkaBusSettings } from './options.ts'
import type { FoundTopic } from './topics.ts'

// As many messages are made in one turn of the event loop, and sent in one request.
const batchMaxRows = 256
const allInSync = -1
const retryBaseMs = 100
const retryMaxMs = 2_000
// A topic that was created just now, or whose leader is gone, has another one soon.
const patientTries = 2

/** What a publisher needs of its bus. */
export interface PublisherOptions {
  readonly service: string
  readonly settings: KafkaBusSettings
  readonly counts: KafkaCounts
  readonly complaints: Complaints
  readonly sender: Buffer
  /** Makes sure that the topic is there. */
  readonly ensure: () => Promise<FoundTopic>
}

interface Batch {
  readonly rows: LogRow[]
  readonly messages: KafkaMessage[]
  referred: number
  bytes: number
}

/**
 * Sends the rows of one service, one request at a time, so that they lie in their partitions in order; what comes
 * meanwhile is in the next one. A request that fails is sent again when the topic has been made sure of: whether the
 * brokers have its rows is not known, and who hears them twice passes over them. When that fails too, all that waits and
 * all that is announced is dropped until a request has gone well.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #rows: OutgoingRows
  #topic: FoundTopic | undefined
  #sending = false
  #down = false
  #failures = 0
  #closed = false
  #idle: () => void = () => {}

  constructor(options: PublisherOptions, topic?: FoundTopic) {
    this.#options = options
    this.#rows = new OutgoingRows(options.counts)
    this.#topic = topic
  }

  /** Takes rows to be sent in the next turn; never blocks, never throws. */
  send(rows: readonly LogRow[]): void {
    const room = this.#down ? 0 : this.#options.settings.waitingMaxRows - this.#rows.size
    this.#rows.add(rows, room)
    this.#start()
  }

  /** Makes sure of the topic before the first row comes. */
  prepare(): void {
    this.#start()
  }

  /** Resolves when all that waits has been sent, or after that time; takes no more. */
  async finish(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.settings.clock.schedule(withinMs, resolve)
      this.#idle = (): void => {
        cancel()
        resolve()
      }
      if (!this.#sending || this.#down) this.#idle()
    })
    this.#closed = true
  }

  #start(): void {
    if (this.#sending || this.#closed) return
    this.#sending = true
    this.#options.settings.clock.soon(() => void this.#sendAll())
  }

  async #sendAll(): Promise<void> {
    while (!this.#closed && (this.#topic === undefined || this.#rows.size > 0)) {
      try {
        this.#topic ??= await this.#prepared()
        await this.#sendBatch(this.#topic)
        this.#failures = 0
        if (this.#down) this.#up()
      } catch (error) {
        await this.#failed(error)
      }
    }
    this.#sending = false
    this.#idle()
  }

  async #prepared(): Promise<FoundTopic> {
    const topic = await this.#options.ensure()
    // What the producer has known of the topic until now may be what made it fail.
    await this.#options.settings.producer.metadata({ topics: [topic.topic], forceUpdate: true })
    if (this.#down) this.#rows.add(this.#rows.takeLastDropped(), this.#options.settings.waitingMaxRows)
    return topic
  }

  async #sendBatch(topic: FoundTopic): Promise<void> {
    const batch = this.#batch(topic)
    if (batch.messages.length === 0) return
    const { counts, settings } = this.#options
    try {
      await settings.producer.send({ messages: batch.messages, acks: allInSync })
    } catch (error) {
      this.#rows.putBack(batch.rows)
      throw error
    }
    counts.published += batch.rows.length
    counts.referred += batch.referred
  }

  #batch(topic: FoundTopic): Batch {
    const batch: Batch = { rows: [], messages: [], referred: 0, bytes: 0 }
    this.#rows.take(batchMaxRows, (row) => this.#fits(row, batch, topic))
    return batch
  }

  #fits(row: LogRow, batch: Batch, { topic, partitions, batchMaxBytes }: FoundTopic): boolean {
    const form = { topic, sender: this.#options.sender, maxBytes: batchMaxBytes }
    const made = row.partition < partitions ? messageOfRow(row, form) : undefined
    if (made === undefined) {
      this.#impossible(row)
      return true
    }
    if (batch.bytes > 0 && batch.bytes + made.bytes > batchMaxBytes) return false
    batch.rows.push(row)
    batch.messages.push(made.message)
    batch.bytes += made.bytes
    if (made.reference) batch.referred += 1
    return true
  }

  /** It is not tried again, and must not keep others from being sent. */
  #impossible(row: LogRow): void {
    const { counts, complaints, service } = this.#options
    counts.dropped += 1
    complaints.tell(
      'error',
      `A row of ${service} cannot be published over Kafka: its key is too large, or the topic lacks its partition. It is read from the feed.`,
      { service, partition: row.partition, position: row.position }
    )
  }

  #up(): void {
    const { complaints, service } = this.#options
    this.#down = false
    complaints.tell('info', `Rows of ${service} are published over Kafka again.`, { service })
    this.#rows.add(this.#rows.takeLastDropped(), this.#options.settings.waitingMaxRows)
  }

  async #failed(error: unknown): Promise<void> {
    const { settings, complaints, service } = this.#options
    this.#topic = undefined
    this.#failures += 1
    const isLasting = error instanceof Failure && error.code === 'BUS_GUARANTEE'
    if (this.#failures > patientTries || isLasting) {
      this.#down = true
      this.#rows.dropAll()
      this.#idle()
      complaints.tell(
        isLasting ? 'error' : 'warn',
        `Rows of ${service} cannot be published over Kafka; they are read from its feed meanwhile.`,
        { service, error }
      )
    }
    if (this.#closed) return
    const pauseMs = Math.min(retryMaxMs, retryBaseMs * 2 ** (this.#failures - 1))
    await new Promise<void>((resolve) => {
      settings.clock.schedule(pauseMs * (0.5 + settings.ids.random() / 2), resolve)
    })
  }
}
