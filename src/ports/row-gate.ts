import type { Bus } from './bus.ts'
import type { Clock } from './clock.ts'
import type { Complaints } from './complaints.ts'
import type { Feed } from './feed.ts'
import type { Ids } from './ids.ts'
import { type LogRow, rowId } from './log-row.ts'

const retryBaseMs = 100
const retryMaxMs = 5_000

const placeOf = (partition: number, position: number): string => `${partition}:${position}`

/** A row that came by a message, or was announced in this process; that of a reference has no data. */
export interface HeardRow {
  readonly row: LogRow
  readonly reference: boolean
  /** Brought by the broker as it came, asked for again of what the broker keeps, or announced here. */
  readonly from: 'broker' | 'stream' | 'here'
}

/** What a gate has done so far, in rows. */
export interface RowGateCounts {
  heard: number
  repeated: number
  replayed: number
  unproved: number
  foreign: number
}

/** What a gate needs of its bus. */
export interface RowGateOptions {
  readonly service: string
  /** What the broker is called in the log. */
  readonly broker: string
  /** The way to the feed of the service. */
  readonly feeds: Pick<Bus, 'feed'>
  readonly clock: Clock
  readonly ids: Ids
  /** How many rows may wait behind a hole; more are left to the feed. */
  readonly waitingMaxRows: number
  /** How long a row behind a hole waits for those that it has overtaken on its way, in milliseconds. */
  readonly overtakenMs: number
  readonly counts: RowGateCounts
  readonly complaints: Complaints
  /** Hears the rows that have passed, those of a partition in the order of their positions. */
  readonly deliver: (rows: readonly LogRow[]) => void
}

/**
 * Stands before the listeners of a bus over a broker: lets rows of a service pass in order and once, whatever the broker does.
 *
 * The row that follows the last one passes at once. Behind a hole it waits until the feed has said how far it is: a row
 * that the log does not have yet is no row, whoever sent it, and must not move anybody's knowledge of the log. Rows
 * that were not brought are a hole for the listeners, who read it from the feed.
 */
export class RowGate {
  readonly #options: RowGateOptions
  /** The last position that passed, of each partition; unknown before the feed has answered once. */
  #passed: number[] | undefined
  /** Rows behind a hole, by partition and position. */
  #waiting = new Map<string, HeardRow>()
  #ready: LogRow[] = []
  #lastWanted = false
  #held = false
  #proving = false
  #closed = false
  #failures = 0

  constructor(options: RowGateOptions) {
    this.#options = options
  }

  /** Takes a row that was brought. */
  hear(heard: HeardRow): void {
    if (this.#closed) return
    const { counts, waitingMaxRows } = this.#options
    const { partition, position } = heard.row
    const passed = this.#passed?.[partition]
    if (passed !== undefined && position <= passed) {
      counts.repeated += 1
      return
    }
    if (passed !== undefined && position === passed + 1 && !heard.reference) {
      this.#pass(heard.row, heard.from)
      this.#passNext(partition)
      return
    }
    if (this.#waiting.size >= waitingMaxRows) {
      counts.unproved += 1
      return
    }
    this.#waiting.set(placeOf(partition, position), heard)
    this.#prove()
  }

  /** Lets the last row of each partition pass again unless a later one has, when the feed has answered. */
  announceLast(): void {
    this.#lastWanted = true
    this.#prove()
  }

  /** Rows behind a hole wait for those that are on their way to fill it. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.#prove()
  }

  close(): void {
    this.#closed = true
    this.#waiting.clear()
    this.#ready = []
  }

  #pass(row: LogRow, from: HeardRow['from']): void {
    const { counts } = this.#options
    if (from === 'broker') counts.heard += 1
    if (from === 'stream') counts.replayed += 1
    const passed = this.#passed as number[]
    passed[row.partition] = row.position
    if (this.#ready.push(row) > 1) return
    this.#options.clock.soon(() => {
      const rows = this.#ready
      this.#ready = []
      if (rows.length > 0) this.#options.deliver(rows)
    })
  }

  /** Rows that waited for the one that has passed now. */
  #passNext(partition: number): void {
    const passed = this.#passed as number[]
    while (this.#waiting.size > 0) {
      const place = placeOf(partition, (passed[partition] as number) + 1)
      const next = this.#waiting.get(place)
      if (!next || next.reference) return
      this.#waiting.delete(place)
      this.#pass(next.row, next.from)
    }
  }

  get #hasWork(): boolean {
    return !this.#closed && !this.#held && (this.#waiting.size > 0 || this.#lastWanted)
  }

  #prove(): void {
    if (this.#proving) return
    this.#proving = true
    void this.#proveAll()
  }

  async #proveAll(): Promise<void> {
    while (this.#hasWork) {
      if (this.#passed && !this.#lastWanted) await this.#pause(this.#options.overtakenMs)
      if (!this.#hasWork) break
      const batch = [...this.#waiting.values()]
      const last = this.#lastWanted
      this.#waiting = new Map()
      this.#lastWanted = false
      try {
        const feed = this.#options.feeds.feed(this.#options.service)
        const before = this.#passed?.slice()
        const heads = await feed.heads()
        this.#align(heads, before)
        const refused = await this.#passProved(batch, heads, feed)
        if (last) await this.#passLast(heads, feed)
        this.#failures = 0
        // Whoever sends rows that are none must not make this process ask without a pause.
        if (refused > 0) await this.#pause(this.#jittered(retryBaseMs))
      } catch (error) {
        this.#lastWanted ||= last
        await this.#failed(batch, error)
      }
    }
    this.#proving = false
  }

  async #failed(batch: readonly HeardRow[], error: unknown): Promise<void> {
    const { counts, complaints, service, broker } = this.#options
    counts.unproved += batch.length
    this.#failures += 1
    complaints.tell(
      'warn',
      `The feed of ${service} cannot be read: what came over ${broker} behind a hole is left out.`,
      {
        service,
        error
      }
    )
    await this.#pause(this.#jittered(Math.min(retryMaxMs, retryBaseMs * 2 ** (this.#failures - 1))))
  }

  /** Begins anew where the log was put back to an older state or has other partitions. */
  #align(heads: readonly number[], before: readonly number[] | undefined): void {
    if (this.#passed?.length !== heads.length) this.#passed = heads.map(() => 0)
    for (const [partition, head] of heads.entries())
      if (head < (before?.[partition] ?? 0)) this.#passed[partition] = head
  }

  async #passProved(batch: HeardRow[], heads: readonly number[], feed: Feed): Promise<number> {
    const { counts, complaints, service, broker } = this.#options
    let refused = 0
    batch.sort((a, b) => a.row.position - b.row.position)
    for (const { row, reference, from } of batch) {
      if (this.#closed) break
      if (row.position > (heads[row.partition] ?? 0)) {
        refused += 1
        counts.foreign += 1
        complaints.tell(
          'warn',
          `A row of ${service} came over ${broker} that its log does not have; it is skipped.`,
          {
            service,
            messageId: rowId(row)
          }
        )
        continue
      }
      const found = reference ? (await feed.read(row.partition, row.position - 1, 1))[0] : row
      if (found) this.#passIfNew(found, from)
    }
    return refused
  }

  async #passLast(heads: readonly number[], feed: Feed): Promise<void> {
    const behind = [...heads.entries()].filter(([at, head]) => head > (this.#passed?.[at] ?? 0))
    await Promise.all(
      behind.map(async ([partition, head]) => {
        const [row] = await feed.read(partition, head - 1, 1)
        if (row && !this.#closed) this.#passIfNew(row, 'here')
      })
    )
  }

  #passIfNew(row: LogRow, from: HeardRow['from']): void {
    if (row.position > (this.#passed?.[row.partition] ?? 0)) this.#pass(row, from)
    else this.#options.counts.repeated += 1
  }

  #jittered(ms: number): number {
    return ms * (0.5 + this.#options.ids.random() / 2)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.schedule(ms, resolve)
    })
  }
}
