import {
  type Complaints,
  type HeardRow,
  type LogRow,
  RowGate,
  type RowListener,
  RowListeners
} from '../../ports/index.ts'
import type { NatsMessage, NatsSubscription } from './connection.ts'
import type { NatsCounts } from './counts.ts'
import type { Link } from './link.ts'
import { rowOfMessage, senderHeader, subjectOf } from './message.ts'
import type { NatsBusSettings } from './options.ts'
import { replay } from './replay.ts'

/** What hearing needs of its bus. */
export interface HearingOptions {
  readonly service: string
  readonly settings: NatsBusSettings
  readonly link: Link
  readonly sender: string
  readonly counts: NatsCounts
  readonly complaints: Complaints
  /** The service runs in this process: its own rows come without the broker, those of other instances with it. */
  readonly here: boolean
}

// Two instances of a service may announce in another order than they have committed in.
const overtakenMs = 2
const replayWithinMs = 1_000
// Clocks differ, and a connection is lost before anybody notices. Whatever comes twice is passed over.
const noticedLateMs = 10_000
const subscribeAgainMs = 30_000

/** Hears one service for all who listen to it, from the first to the last of them. */
export class Hearing {
  readonly #options: HearingOptions
  readonly #gate: RowGate
  readonly #listeners: RowListeners
  #subscription: NatsSubscription | undefined
  #here: boolean
  #lostMs: number | undefined
  #closed = false

  constructor(options: HearingOptions) {
    this.#options = options
    this.#here = options.here
    const { service, settings, counts, complaints } = options
    this.#listeners = new RowListeners(service, 'NATS', complaints)
    this.#gate = new RowGate({
      service,
      broker: 'NATS',
      feeds: settings.feeds,
      clock: settings.clock,
      ids: settings.ids,
      waitingMaxRows: settings.waitingMaxRows,
      overtakenMs,
      counts,
      complaints,
      deliver: (rows) => this.#listeners.tell(rows)
    })
    this.#subscribe()
  }

  get listened(): boolean {
    return this.#listeners.size > 0
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
    this.#here = true
    this.#gate.release()
    this.#gate.announceLast()
  }

  lost(): void {
    this.#lostMs ??= this.#options.settings.clock.nowMs()
    if (!this.#here) this.#gate.hold()
  }

  /** The client has subscribed again by itself; what was missed is asked for. */
  back(): void {
    void this.#confirm()
  }

  close(): void {
    this.#closed = true
    this.#gate.close()
    this.#listeners.clear()
    this.#unsubscribe()
  }

  #unsubscribe(): void {
    const subscription = this.#subscription
    this.#subscription = undefined
    if (!this.#options.link.connection.isClosed()) subscription?.unsubscribe()
  }

  #subscribe(): void {
    const { link, settings, service } = this.#options
    if (this.#closed || link.connection.isClosed()) return
    try {
      const subscription = link.connection.subscribe(subjectOf(settings.prefix, service), {
        callback: (error, message) => {
          if (!error && !this.#closed) this.#hear(message, 'broker')
        }
      })
      this.#subscription = subscription
      void subscription.closed.then((reason) => {
        if (this.#subscription === subscription && reason instanceof Error) this.#refused(reason)
      })
    } catch (error) {
      // A connection that is being drained takes no subscription.
      this.#refused(error)
      return
    }
    void this.#confirm()
  }

  #refused(error: unknown): void {
    const { settings, service, complaints } = this.#options
    complaints.tell('error', `Rows of ${service} cannot be heard over NATS; they are read from its feed.`, {
      service,
      error
    })
    settings.clock.schedule(subscribeAgainMs, () => this.#subscribe())
  }

  /** From here on rows are heard: those that were missed come again, and then the last of each partition. */
  async #confirm(): Promise<void> {
    const { link, settings, service } = this.#options
    try {
      await link.connection.flush()
    } catch {
      // The connection is lost again; when it is back this is done anew.
      return
    }
    const lostMs = this.#lostMs
    this.#lostMs = undefined
    if (lostMs !== undefined && !this.#here)
      await replay({
        settings,
        service,
        sinceMs: lostMs - noticedLateMs,
        withinMs: replayWithinMs,
        hear: (message) => this.#hear(message, 'stream')
      }).catch((error: unknown) =>
        this.#options.complaints.tell(
          'warn',
          `What was missed of ${service} is not in the stream any more.`,
          {
            service,
            error
          }
        )
      )
    if (this.#lostMs !== undefined) return
    this.#gate.release()
    this.#gate.announceLast()
  }

  #hear(message: NatsMessage, from: HeardRow['from']): void {
    const { sender, service, counts, complaints } = this.#options
    if (message.headers?.get(senderHeader) === sender) return
    const heard = rowOfMessage(message, service, from)
    if (typeof heard !== 'string') {
      this.#gate.hear(heard)
      return
    }
    counts.foreign += 1
    complaints.tell('warn', `A message over NATS is no row of ${service}: it is skipped.`, {
      service,
      subject: message.subject,
      problem: heard
    })
  }
}
