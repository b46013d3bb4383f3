import type { Bus, Clock, Feed, LogRow } from '../ports/index.ts'

/**
 * How long an answer is held back at most where other processes write the same log: what they say is announced to theirs,
 * and not here.
 */
const sharedWaitMs = 500

/** What is needed to serve the feed of one service. The bus is the one on which that service announces. */
export interface FeedSource {
  readonly feed: Feed
  readonly bus: Bus
  readonly clock: Clock
}

/** What is asked of a feed, and how long the answer may be held back. */
interface Question {
  readonly read: () => Promise<readonly LogRow[]>
  /** Whether a row that is announced would be in the answer. */
  readonly isNew: (row: LogRow) => boolean
  readonly waitMs: number
  readonly gone: AbortSignal | undefined
}

interface Wait {
  /** Whether a row came that was waited for; false when the time is over, or nobody waits any more. */
  readonly outcome: Promise<boolean>
  end(came: boolean): void
}

/** Answers of a feed that are held back until there is something to say. */
export class HeldAnswers {
  readonly #source: FeedSource
  readonly #waits = new Set<Wait>()
  #stopped = false

  constructor(source: FeedSource) {
    this.#source = source
  }

  async rows({ read, isNew, waitMs, gone }: Question): Promise<readonly LogRow[]> {
    if (waitMs === 0 || this.#stopped || gone?.aborted) return read()
    // Listening begins before reading, or a row committed in between would be waited for in vain.
    const isShared = this.#source.feed.shared === true
    const wait = this.#wait(isShared ? Math.min(waitMs, sharedWaitMs) : waitMs, isNew, gone)
    try {
      const rows = await read()
      if (rows.length > 0) return rows
      return (await wait.outcome) || isShared ? await read() : []
    } finally {
      wait.end(false)
    }
  }

  stop(): void {
    this.#stopped = true
    for (const wait of this.#waits) wait.end(false)
  }

  #wait(waitMs: number, isNew: (row: LogRow) => boolean, gone: AbortSignal | undefined): Wait {
    const { feed, bus, clock } = this.#source
    let settle: (came: boolean) => void = () => {}
    const outcome = new Promise<boolean>((resolve) => {
      settle = resolve
    })
    const onGone = (): void => end(false)
    const end = (came: boolean): void => {
      if (!this.#waits.delete(wait)) return
      forget()
      cancel()
      gone?.removeEventListener('abort', onGone)
      settle(came)
    }
    const wait: Wait = { outcome, end }
    this.#waits.add(wait)
    const cancel = clock.schedule(waitMs, () => end(false))
    const forget = bus.listen(feed.service, (rows) => {
      if (rows.some(isNew)) end(true)
    })
    gone?.addEventListener('abort', onGone)
    return wait
  }
}
