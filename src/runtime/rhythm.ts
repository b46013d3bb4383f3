import type { Cancel, Clock } from '../ports/index.ts'

/** The longest time that something due waits when wall time has jumped. */
const lookMs = 1_000

/** What a rhythm is given. */
export interface RhythmOptions {
  readonly clock: Clock
  /** One turn; true when another should follow at once. */
  readonly turn: () => Promise<boolean>
  /** A turn has ended. */
  readonly turned: () => void
  /** When the next turn is due though nothing wakes it: milliseconds since 1970, infinity for never. */
  readonly nextMs: () => number
}

/** When turns happen: one after the other, at once while there is work, else when something arrives or is due. */
export class Rhythm {
  readonly #options: RhythmOptions
  #beats = false
  #scheduled = false
  #turning = false
  /** Something arrived while a turn was under way that it may have looked for too early. */
  #again = false
  #alarm: Cancel | undefined

  constructor(options: RhythmOptions) {
    this.#options = options
  }

  /** Whether a turn is under way. */
  get turning(): boolean {
    return this.#turning
  }

  /** Whether a turn is under way or follows at once. */
  get busy(): boolean {
    return this.#turning || this.#scheduled
  }

  begin(): void {
    this.#beats = true
    this.wake()
  }

  /** Lets no turn begin any more; resolves when the one under way has ended. */
  async end(): Promise<void> {
    this.#beats = false
    this.#alarm?.()
    while (this.#turning) await new Promise<void>((resolve) => this.#options.clock.soon(resolve))
  }

  /** Sees to it that a turn follows, after input and output had their turn. */
  wake(): void {
    if (this.#turning) this.#again = true
    if (this.#scheduled || this.#turning || !this.#beats) return
    this.#scheduled = true
    this.#options.clock.soon(() => {
      this.#scheduled = false
      void this.#turn()
    })
  }

  async #turn(): Promise<void> {
    if (this.#turning || !this.#beats) return
    this.#turning = true
    this.#again = false
    let more = false
    try {
      more = await this.#options.turn()
    } finally {
      this.#turning = false
    }
    this.#options.turned()
    if (more || this.#again) this.wake()
    else this.#setAlarm()
  }

  #setAlarm(): void {
    this.#alarm?.()
    this.#alarm = undefined
    const { clock, nextMs } = this.#options
    const dueMs = nextMs()
    if (dueMs === Number.POSITIVE_INFINITY || !this.#beats) return
    // Wall time may jump, so the clock is looked at once in a while even when nothing should be due.
    const delayMs = Math.min(Math.max(1, dueMs - clock.nowMs()), lookMs)
    this.#alarm = clock.schedule(delayMs, () => this.wake())
  }
}
