import { Grounds } from './grounds.ts'

/** How far a fault is driven. */
export interface CampaignBounds {
  /** How often the fault shall fire. */
  readonly times: number
  /** No repetition begins later than this. */
  readonly untilMs: number
}

/** What a campaign has come to: one line of the report. */
export interface Outcome {
  readonly times: number
  readonly fired: number
  readonly acknowledged: number
  readonly violations: readonly string[]
  /** Repetitions after which something acknowledged was gone: what a control must show. */
  readonly lost: number
  readonly recoveriesMs: readonly number[]
  /** What the longest recovery came after, where a campaign has several things happen. */
  readonly slowestAfter?: string
  /** Changes of real stores that were led through the simulator's model. */
  readonly replayed: number
}

/** A fault at work: it hands out repetitions, and counts what became of each. */
export class Campaign {
  readonly grounds: Grounds = new Grounds()
  readonly #bounds: CampaignBounds
  readonly #violations: string[] = []
  readonly #recoveriesMs: number[] = []
  #slowestAfter: string | undefined
  #begun = 0
  #underWay = 0
  #fired = 0
  #acknowledged = 0
  #lost = 0
  #replayed = 0

  constructor(bounds: CampaignBounds) {
    this.#bounds = bounds
  }

  get times(): number {
    return this.#bounds.times
  }

  /** The number of the next repetition; undefined when those that fired and those under way are enough. */
  #claim(): number | undefined {
    const { times, untilMs } = this.#bounds
    // A place that is never reached fires nothing: after a quarter more than wanted it is enough.
    const spent = this.#begun >= times + times / 4 + 5
    if (this.#fired + this.#underWay >= times || spent) return undefined
    if (performance.now() > untilMs && this.#begun > 0) return undefined
    this.#begun += 1
    return this.#begun
  }

  /** Does repetitions side by side, each lane one after the other, until there is none. */
  async lanes(count: number, repeat: (lane: number, number: number) => Promise<void>): Promise<void> {
    const lane = async (_: unknown, at: number): Promise<void> => {
      for (let number = this.#claim(); number !== undefined; number = this.#claim()) {
        this.#underWay += 1
        try {
          await repeat(at, number)
        } catch (thrown) {
          this.violated(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))
        } finally {
          this.#underWay -= 1
        }
      }
    }
    await Promise.all(Array.from({ length: count }, lane))
  }

  /** The fault has happened once. */
  fired(): void {
    this.#fired += 1
  }

  violated(what: string): void {
    this.#violations.push(what)
  }

  recovered(ms: number, after?: string): void {
    if (ms > Math.max(0, ...this.#recoveriesMs)) this.#slowestAfter = after
    this.#recoveriesMs.push(ms)
  }

  lost(): void {
    this.#lost += 1
  }

  replayed(changes: number): void {
    this.#replayed += changes
  }

  acknowledged(commands: number): void {
    this.#acknowledged += commands
  }

  get outcome(): Outcome {
    return {
      times: this.#begun,
      fired: this.#fired,
      acknowledged: this.#acknowledged,
      violations: this.#violations,
      lost: this.#lost,
      recoveriesMs: this.#recoveriesMs,
      ...(this.#slowestAfter !== undefined && { slowestAfter: this.#slowestAfter }),
      replayed: this.#replayed
    }
  }
}
