import type { LogRow } from '../ports/index.ts'
import { Cursor } from './cursor.ts'
import type { Draft } from './draft.ts'
import type { Handler } from './handler.ts'
import type { SourceTail } from './source-tail.ts'

/** Passed-over messages after which a checkpoint is written though nothing of the subscription's happened. */
const passedOverMax = 512

/** One handler's reading of its sources: a cursor for each partition of each. */
export class Subscription {
  readonly handler: Handler
  readonly #cursors: Cursor[] = []
  readonly #bySource = new Map<SourceTail, Cursor[]>()
  #start = 0
  #writesAll = false

  constructor(handler: Handler) {
    this.handler = handler
  }

  get name(): string {
    return this.handler.subscription
  }

  get cursors(): readonly Cursor[] {
    return this.#cursors
  }

  /** Reads a partition on from its checkpoint. */
  add(source: SourceTail, partition: number, position: number, done: number): void {
    const cursor = new Cursor(this.name, source, partition, position, done)
    this.#cursors.push(cursor)
    const ofSource = this.#bySource.get(source) ?? []
    ofSource[partition] = cursor
    this.#bySource.set(source, ofSource)
  }

  cursor(source: string, partition: number): Cursor | undefined {
    for (const [tail, cursors] of this.#bySource) if (tail.source === source) return cursors[partition]
    return undefined
  }

  /** Lets the next turn write all checkpoints that have passed over something, so that others see how far it is. */
  writeAll(): boolean {
    this.#writesAll = this.#cursors.some((cursor) => cursor.taken > cursor.committed)
    return this.#writesAll
  }

  /** Whether the next turn does. */
  get writesAll(): boolean {
    return this.#writesAll
  }

  /** Takes back what a turn took that was not committed. */
  rewind(): void {
    for (const cursor of this.#cursors) cursor.rewind()
  }

  /** Whether every message published so far has been taken, as far as any will be. */
  get caughtUp(): boolean {
    return this.#cursors.every(({ pending, source }) => pending <= 0 || source.isOlder)
  }

  /**
   * Takes up to `limit` messages that the handler wants, in order per partition, and passes over the others.
   * `wake` is called when rows that had to be read from a feed have come.
   */
  take(
    draft: Draft,
    limit: number,
    wake: (failure?: unknown) => void,
    deliver: (cursor: Cursor, row: LogRow) => void
  ): number {
    const open = this.#open()
    let taken = 0
    if (this.#writesAll)
      for (const cursor of this.#cursors) if (cursor.taken > cursor.committed) draft.cursors.add(cursor)
    this.#writesAll = false
    // A share for each first: partitions that advance together touch the same places of the store.
    const share = Math.ceil(limit / Math.max(1, open.length))
    for (const round of [share, limit])
      for (const cursor of open) {
        if (taken >= limit) return taken
        taken += this.#takeFrom(cursor, draft, Math.min(round, limit - taken), wake, deliver)
      }
    return taken
  }

  /** The cursors that have something to take, each time from another one on. */
  #open(): readonly Cursor[] {
    const count = this.#cursors.length
    const open: Cursor[] = []
    for (let index = 0; index < count; index++) {
      const cursor = this.#cursors[(this.#start + index) % count] as Cursor
      if (cursor.pending > 0) open.push(cursor)
    }
    this.#start = count === 0 ? 0 : (this.#start + 1) % count
    return open
  }

  #takeFrom(
    cursor: Cursor,
    draft: Draft,
    limit: number,
    wake: (failure?: unknown) => void,
    deliver: (cursor: Cursor, row: LogRow) => void
  ): number {
    let taken = 0
    while (taken < limit) {
      const row = cursor.next(wake)
      if (!row) break
      cursor.taken += 1
      cursor.source.took(row.partition, row.position, row)
      if (this.handler.wants(row)) {
        taken += 1
        draft.cursors.add(cursor)
        deliver(cursor, row)
      } else cursor.doneTaken += 1
    }
    if (cursor.taken - cursor.committed >= passedOverMax) draft.cursors.add(cursor)
    return taken
  }
}
