import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'

const quietMs = 60_000

/** Logs what may happen thousands of times a second, each text once a minute and how often it was left out. */
export class Complaints {
  readonly #clock: Clock
  readonly #log: Log | undefined
  readonly #told = new Map<string, { atMs: number; leftOut: number }>()

  /** Without a log it is silent. */
  constructor(clock: Clock, log: Log | undefined) {
    this.#clock = clock
    this.#log = log
  }

  /** Writes a line, or counts it as left out of the next one with this text. */
  tell(level: 'info' | 'warn' | 'error', text: string, fields: LogFields = {}): void {
    const nowMs = this.#clock.nowMs()
    const before = this.#told.get(text)
    // The clock on the wall may jump back.
    if (before && Math.abs(nowMs - before.atMs) < quietMs) {
      before.leftOut += 1
      return
    }
    this.#told.set(text, { atMs: nowMs, leftOut: 0 })
    this.#log?.[level](text, before?.leftOut ? { ...fields, leftOut: before.leftOut } : fields)
  }
}
