import { Failure } from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import type { SourceTail } from './source-tail.ts'

const readMax = 1_024

/** One subscription's place in one partition of one source. */
export class Cursor {
  readonly subscription: string
  readonly source: SourceTail
  readonly partition: number
  /** As committed: the checkpoint and how many messages up to it are dealt with. */
  committed: number
  done: number
  /** Taken into the turn under way, or passed over because the subscription does not want them. */
  taken: number
  doneTaken = 0
  /** Taken or passed over by the end of the last turn that was not lost. */
  seen: number
  #ahead: readonly LogRow[] = []
  #aheadFirst = 0
  #reading = false

  constructor(subscription: string, source: SourceTail, partition: number, committed: number, done: number) {
    this.subscription = subscription
    this.source = source
    this.partition = partition
    this.committed = committed
    this.done = done
    this.taken = committed
    this.seen = committed
  }

  get pending(): number {
    return (this.source.heads[this.partition] ?? 0) - this.taken
  }

  /** The next row if it is at hand; otherwise it is read from the feed and `wake` is called when it has come. */
  next(wake: (failure?: unknown) => void): LogRow | undefined {
    // What it says now is not what follows what was taken.
    if (this.source.isOlder) return undefined
    const position = this.taken + 1
    const index = position - this.#aheadFirst
    const ahead = this.#ahead[index]
    // What was read is let go with its last row: there may be many cursors, and most of them have nothing to do.
    if (index === this.#ahead.length - 1) this.#ahead = []
    if (ahead) return ahead
    const tail = this.source.at(this.partition, position)
    if (tail) {
      this.#ahead = []
      return tail
    }
    if (this.pending > 0) this.#read(wake)
    return undefined
  }

  /** Whether a row is on its way from the feed. */
  get reading(): boolean {
    return this.#reading
  }

  #read(wake: (failure?: unknown) => void): void {
    if (this.#reading) return
    this.#reading = true
    const after = this.taken
    this.source.feed.read(this.partition, after, readMax).then(
      (rows) => {
        this.#reading = false
        this.#ahead = rows
        this.#aheadFirst = after + 1
        if (rows.length > 0) wake()
        else
          wake(
            new Failure('FEED_UNAVAILABLE', {
              hint: `${this.source.source} does not give what it has announced.`
            })
          )
      },
      (failure: unknown) => {
        this.#reading = false
        wake(failure)
      }
    )
  }

  /** Takes back what a turn took that was not committed. */
  rewind(): void {
    this.taken = this.committed
    this.doneTaken = 0
  }

  /** Counts what a turn took as committed, and what it dealt with that had been parked before. */
  settle(doneLate: number): void {
    this.committed = this.taken
    this.done += this.doneTaken + doneLate
    this.doneTaken = 0
  }
}
