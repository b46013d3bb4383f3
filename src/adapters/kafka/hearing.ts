import {
  type Complaints,
  type HeardRow,
  type LogRow,
  RowGate,
  type RowListener,
  RowListeners
} from '../../ports/index.ts'
import type { KafkaFetchedPartition, KafkaFetchTopic } from './client.ts'
import type { KafkaCounts } from './counts.ts'
import { isUnknownTopic } from './driver-errors.ts'
import { isSentBy, rowOfRecord } from './message.ts'
import { type KafkaBusSettings, topicOf } from './options.ts'
import { findPlace, type Place } from './place.ts'

/** What hearing needs of its bus. */
export interface HearingOptions {
  readonly service: string
  readonly settings: KafkaBusSettings
  readonly sender: Buffer
  readonly counts: KafkaCounts
  readonly complaints: Complaints
  /** There is more to be read, or from another broker. */
  readonly changed: () => void
}

const retryBaseMs = 50
const retryMaxMs = 2_000
// A topic that was created just now has no leader for a moment, and its service may start later than this one.
const silentTries = 4
const partitionMaxBytes = 256 * 2 ** 10
const anyEpoch = -1
// What was missed comes before the last row of each partition, unless that takes too long.
const replayWithinMs = 1_000
// A batch of a transaction's end has no rows.
const controlBatch = 0x20
// Two instances of a service may be heard in another order than they have committed in.
const overtakenMs = 10

/** Hears one service for all who listen to it, from the first to the last of them. */
export class Hearing {
  readonly #options: HearingOptions
  readonly #gate: RowGate
  readonly #listeners: RowListeners
  #place: Place | undefined
  /** The former place while the way to the rows is lost. */
  #lost: Place | undefined
  #locating = false
  #whenCaughtUp: (() => void) | undefined
  #closed = false

  constructor(options: HearingOptions) {
    const { service, settings, counts, complaints } = options
    this.#options = options
    this.#listeners = new RowListeners(service, 'Kafka', complaints)
    this.#gate = new RowGate({
      service,
      broker: 'Kafka',
      feeds: settings.feeds,
      clock: settings.clock,
      ids: settings.ids,
      waitingMaxRows: settings.waitingMaxRows,
      overtakenMs,
      counts,
      complaints,
      deliver: (rows) => this.#listeners.tell(rows)
    })
    void this.#locate()
  }

  get listened(): boolean {
    return this.#listeners.size > 0
  }

  /** The brokers that lead its partitions; none while they are not known. */
  get leaders(): readonly number[] {
    return this.#place?.leaders ?? []
  }

  get topicId(): string | undefined {
    return this.#place?.topicId
  }

  add(listener: RowListener): () => void {
    return this.#listeners.add(listener)
  }

  /** Rows of this process. */
  own(rows: readonly LogRow[]): void {
    for (const row of rows) this.#gate.hear({ row, reference: false, from: 'here' })
  }

  /** The service has come to run in this process. */
  comesHere(): void {
    this.#gate.announceLast()
  }

  close(): void {
    this.#closed = true
    this.#place = undefined
    this.#gate.close()
    this.#listeners.clear()
  }

  /** What is to be asked of a broker; undefined when it leads no partition. */
  wantedOf(node: number): KafkaFetchTopic | undefined {
    const place = this.#place
    if (!place?.leaders.includes(node)) return undefined
    const partitions = [...place.next.entries()]
      .filter(([partition]) => place.leaders[partition] === node)
      .map(([partition, fetchOffset]) => ({
        partition,
        currentLeaderEpoch: anyEpoch,
        fetchOffset,
        lastFetchedEpoch: anyEpoch,
        partitionMaxBytes
      }))
    return { topicId: place.topicId, partitions }
  }

  /** Takes what a broker has answered for one partition. */
  take({ partitionIndex, records }: KafkaFetchedPartition): void {
    const place = this.#place
    if (place === undefined) return
    for (const batch of records ?? []) {
      const isControl = (batch.attributes & controlBatch) !== 0
      for (const record of isControl ? [] : batch.records) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta)
        if (offset < (place.next[partitionIndex] ?? 0n) || isSentBy(record, this.#options.sender)) continue
        const missed = offset < (place.missedUntil[partitionIndex] ?? 0n)
        this.#hear(
          partitionIndex,
          rowOfRecord(record, this.#options.service, partitionIndex, missed ? 'stream' : 'broker')
        )
      }
      const behind = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
      if (behind > (place.next[partitionIndex] ?? 0n)) place.next[partitionIndex] = behind
    }
    this.#caughtUp(place)
  }

  /** The way to the rows is lost: it is looked for anew. */
  lose(error: unknown): void {
    if (!this.#place || this.#closed) return
    const { complaints, service } = this.#options
    this.#lost = this.#place
    this.#place = undefined
    complaints.tell(
      'warn',
      `Rows of ${service} are not heard over Kafka; they are read from its feed meanwhile.`,
      {
        service,
        error
      }
    )
    void this.#locate()
  }

  #hear(partition: number, heard: HeardRow | string): void {
    const { service, counts, complaints } = this.#options
    if (typeof heard !== 'string') {
      this.#gate.hear(heard)
      return
    }
    counts.foreign += 1
    complaints.tell('warn', `A message over Kafka is no row of ${service}: it is skipped.`, {
      service,
      partition,
      problem: heard
    })
  }

  async #locate(): Promise<void> {
    if (this.#locating) return
    this.#locating = true
    const { service, settings, counts, complaints, changed } = this.#options
    const topic = topicOf(settings.prefix, service)
    for (let failures = 0; !this.#closed && !this.#place; failures++) {
      try {
        this.#place = await findPlace(settings, topic, this.#lost)
      } catch (error) {
        if (failures >= silentTries) this.#tellMissing(topic, error)
        await this.#pause(Math.min(retryMaxMs, retryBaseMs * 2 ** failures))
      }
    }
    this.#locating = false
    if (this.#closed) return
    if (this.#lost) {
      counts.reconnects += 1
      complaints.tell('info', `Rows of ${service} are heard over Kafka again.`, { service })
    }
    this.#lost = undefined
    changed()
    this.#announceLastWhenCaughtUp(this.#place)
  }

  /** Whoever listens first and reads the feed afterwards sees by the last rows what was said in between. */
  #announceLastWhenCaughtUp(place: Place | undefined): void {
    const cancel = this.#options.settings.clock.schedule(replayWithinMs, () => {
      if (this.#place === place) this.#whenCaughtUp?.()
    })
    this.#whenCaughtUp = (): void => {
      cancel()
      this.#whenCaughtUp = undefined
      this.#gate.announceLast()
    }
    if (place) this.#caughtUp(place)
  }

  #caughtUp({ next, missedUntil }: Place): void {
    if (this.#whenCaughtUp && next.every((offset, partition) => offset >= (missedUntil[partition] ?? 0n)))
      this.#whenCaughtUp()
  }

  #tellMissing(topic: string, error: unknown): void {
    const { service, complaints } = this.#options
    if (isUnknownTopic(error))
      complaints.tell('info', `There is no topic ${topic} yet: it is created where ${service} runs.`, {
        service
      })
    else
      complaints.tell('warn', `The topic ${topic} cannot be read; rows are read from the feed.`, {
        service,
        error
      })
  }

  #pause(ms: number): Promise<void> {
    const { clock, ids } = this.#options.settings
    return new Promise((resolve) => {
      clock.schedule(ms * (0.5 + ids.random() / 2), resolve)
    })
  }
}
