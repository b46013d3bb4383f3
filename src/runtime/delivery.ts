import { Failure } from '../core/index.ts'
import { type LogRow, type ParkedStatus, rowId } from '../ports/index.ts'
import type { Cursor } from './cursor.ts'
import type { Draft } from './draft.ts'
import type { Handler, Plan } from './handler.ts'
import type { Parking } from './parking.ts'
import type { Spoiled } from './setbacks.ts'
import type { Need, Work } from './work.ts'

/** What a delivery needs to know when its message cannot be dealt with now. */
export interface DeliveryRules {
  readonly parking: Parking
  /** Messages whose transition the store would not take, and why. */
  readonly spoiled: Spoiled
  /** How long to wait after so many failed attempts. */
  readonly delayMs: (attempts: number) => number
  /** Told of a message that is set aside because it failed. */
  readonly onFailure: (handler: Handler, row: LogRow, failure: string, attempts: number) => void
}

/** The words under which a failure is kept with its message. What user code throws is a failed transition. */
export function describeFailure(thrown: unknown): string {
  const hint = thrown instanceof Error ? thrown.message : String(thrown)
  const failure = thrown instanceof Failure ? thrown : new Failure('TRANSITION_FAILED', { hint }, thrown)
  return `${failure.code}: ${failure.message}`
}

/** One message for one handler: its transition, or a place in the parking lot. */
export class Delivery implements Work {
  readonly #handler: Handler
  readonly #cursor: Cursor
  readonly #row: LogRow
  readonly #rules: DeliveryRules
  #key: string | undefined
  #plan: Plan | undefined
  #effect = false
  #failure: string | undefined

  constructor(handler: Handler, cursor: Cursor, row: LogRow, rules: DeliveryRules) {
    this.#handler = handler
    this.#cursor = cursor
    this.#row = row
    this.#rules = rules
  }

  get message(): string {
    return `${this.#handler.subscription} ${rowId(this.#row)}`
  }

  prepare(need: Need): void {
    try {
      if (this.#handler.effectRule?.(this.#row) !== undefined) {
        this.#key = this.#handler.orderKey(this.#row)
        this.#effect = true
        return
      }
      this.#failure = this.#rules.spoiled.size > 0 ? this.#rules.spoiled.get(this.message) : undefined
      if (this.#failure !== undefined) return
      this.#plan = this.#handler.plan(this.#row)
      this.#plan.needs(need)
    } catch (thrown) {
      this.#failure = describeFailure(thrown)
    }
  }

  run(draft: Draft): void {
    if (this.#isBehind(draft)) this.#park(draft, 'behind', 0, draft.nowMs, '')
    else if (this.#effect) this.#park(draft, 'pending', 0, draft.nowMs, '')
    else this.#transition(draft)
  }

  #isBehind(draft: Draft): boolean {
    const { subscription } = this.#handler
    const { parking } = this.#rules
    // Nearly always nothing is parked, and then nobody needs the key.
    if (!parking.hasAny(subscription) && !draft.hasParkedNow) return false
    const key = this.#orderKey()
    return parking.isParked(subscription, key) || draft.isParkedNow(subscription, key)
  }

  #orderKey(): string {
    try {
      this.#key ??= this.#handler.orderKey(this.#row)
    } catch (thrown) {
      this.#key = this.#row.key
      this.#failure ??= describeFailure(thrown)
    }
    return this.#key
  }

  #transition(draft: Draft): void {
    if (this.#plan && this.#failure === undefined) {
      try {
        this.#plan.apply(draft)
        this.#cursor.doneTaken += 1
        return
      } catch (thrown) {
        this.#failure = describeFailure(thrown)
      }
    }
    const failure = this.#failure ?? 'INTERNAL'
    this.#park(draft, 'retrying', 1, draft.nowMs + this.#rules.delayMs(1), failure)
    this.#rules.onFailure(this.#handler, this.#row, failure, 1)
  }

  #park(draft: Draft, status: ParkedStatus, attempts: number, dueMs: number, failure: string): void {
    const { service: source, partition, position } = this.#row
    const { subscription } = this.#handler
    draft.park({
      subscription,
      key: this.#orderKey(),
      source,
      partition,
      position,
      status,
      attempts,
      dueMs,
      failure,
      parkedMs: draft.nowMs,
      message: this.#row
    })
  }
}
