import { type Complaints, type LogRow, OutgoingRows } from '../../ports/index.ts'
import type { NatsCounts } from './counts.ts'
import type { Link } from './link.ts'
import { messageOfRow } from './message.ts'
import type { NatsBusSettings } from './options.ts'

// As many messages are made in one turn of the event loop; then others have theirs.
const turnRows = 128
const maxBytesDefault = 2 ** 20

/**
 * Sends rows one behind the other without waiting for an answer to each. What is on its way is measured by round trips
 * of the connection, one at a time, so it is bounded however slow the server is. What does not fit is dropped.
 */
export class Publisher {
  readonly #settings: NatsBusSettings
  readonly #link: Link
  readonly #counts: NatsCounts
  readonly #complaints: Complaints
  readonly #sender: string
  readonly #rows: OutgoingRows
  #sending = false
  #underWayBytes = 0
  #measuring = false

  constructor(
    settings: NatsBusSettings,
    link: Link,
    sender: string,
    counts: NatsCounts,
    complaints: Complaints
  ) {
    this.#settings = settings
    this.#link = link
    this.#sender = sender
    this.#counts = counts
    this.#complaints = complaints
    this.#rows = new OutgoingRows(counts)
  }

  /** Takes rows to be sent in the next turn; never blocks, never throws. */
  send(rows: readonly LogRow[]): void {
    this.#rows.add(rows, this.#link.connected ? this.#settings.waitingMaxRows - this.#rows.size : 0)
    this.#soon()
  }

  /** Drops what has not been sent yet: without the connection it would only grow old. */
  lost(): void {
    this.#rows.dropAll()
    this.#underWayBytes = 0
  }

  /** There is room again: who listens hears the last of what was dropped, and sees that something is missing. */
  resume(): void {
    this.send(this.#rows.takeLastDropped())
  }

  /** Sends what waits, and resolves when the server has it, or after `withinMs`. */
  async finish(withinMs: number): Promise<void> {
    for (const row of this.#rows.take(this.#rows.size)) this.#publish(row)
    if (!this.#link.connected || this.#underWayBytes === 0) return
    const { clock } = this.#settings
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(withinMs, resolve)
      const ended = (): void => {
        cancel()
        resolve()
      }
      this.#link.connection.flush().then(ended, ended)
    })
  }

  #soon(): void {
    if (this.#sending || this.#rows.size === 0) return
    this.#sending = true
    this.#settings.clock.soon(() => {
      this.#sending = false
      for (const row of this.#rows.take(turnRows)) this.#publish(row)
      this.#measure()
      this.#soon()
    })
  }

  #publish(row: LogRow): void {
    const { connection } = this.#link
    if (!this.#link.connected || this.#underWayBytes >= this.#settings.bufferMaxBytes) {
      this.#rows.drop(row)
      return
    }
    try {
      const maxBytes = connection.info?.max_payload ?? maxBytesDefault
      const { prefix, headers } = this.#settings
      const message = messageOfRow(row, { prefix, sender: this.#sender, headers, maxBytes })
      connection.publish(message.subject, message.data, { headers: message.headers })
      this.#underWayBytes += message.bytes
      this.#counts.published += 1
      if (message.data === '' && row.data !== undefined) this.#counts.referred += 1
    } catch (error) {
      this.#counts.dropped += 1
      this.#complaints.tell('error', 'A row could not be published over NATS; it is read from the feed.', {
        service: row.service,
        error
      })
    }
  }

  #measure(): void {
    if (this.#measuring || this.#underWayBytes === 0) return
    this.#measuring = true
    const sent = this.#underWayBytes
    const ended = (): void => {
      this.#measuring = false
      this.#underWayBytes = Math.max(0, this.#underWayBytes - sent)
      if (!this.#link.connected) return
      this.resume()
      this.#measure()
    }
    this.#link.connection.flush().then(ended, ended)
  }
}
