import type { AuditWrite, LogRow, ParkedChange } from '../ports/index.ts'
import type { Cursor } from './cursor.ts'
import { describeFailure } from './delivery.ts'
import type { Draft } from './draft.ts'
import type { Plan } from './handler.ts'
import type { Head } from './parking.ts'
import type { Spoiled } from './setbacks.ts'
import type { Subscription } from './subscription.ts'
import type { Need, Work } from './work.ts'

/** How a parked message was dealt with, or why it stays. */
export type HeadOutcome =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly failure: string; readonly attempts: number }

/** What to do with a parked message in a turn, and whom to tell. */
export interface HeadTask {
  readonly head: Head
  readonly subscription: Subscription
  readonly spoiled: Spoiled
  /** The transition; works with the message as it is parked. */
  readonly plan: (row: LogRow) => Plan
  /** What a failure makes of it: when it is tried again, or that it is dead. */
  readonly onFailure: (
    failure: string,
    attempts: number,
    nowMs: number
  ) => Pick<ParkedChange, 'status' | 'dueMs'>
  readonly audit?: (outcome: HeadOutcome, nowMs: number) => AuditWrite
  readonly settled?: (outcome: HeadOutcome) => void
  readonly lost?: (thrown: unknown) => void
}

/** The change that ends a parked message. */
export function goneChange(head: Head): ParkedChange {
  const { status, attempts, dueMs, failure } = head.message
  return { number: head.number, expected: { status, attempts }, status: 'gone', attempts, dueMs, failure }
}

/** Counts a message as dealt with that its checkpoint had passed when it was parked. */
export function countDone(draft: Draft, cursor: Cursor | undefined): void {
  if (!cursor) return
  draft.cursors.add(cursor)
  draft.doneLate.set(cursor, (draft.doneLate.get(cursor) ?? 0) + 1)
}

/** Tries the transition of a parked message once. */
export class HeadWork implements Work {
  readonly #task: HeadTask
  #plan: Plan | undefined
  #failure: string | undefined
  #outcome: HeadOutcome = { state: 'done' }

  constructor(task: HeadTask) {
    this.#task = task
  }

  get message(): string {
    return `parked ${this.#task.head.number}`
  }

  prepare(need: Need): void {
    this.#failure = this.#task.spoiled.get(this.message)
    if (this.#failure !== undefined) return
    try {
      this.#plan = this.#task.plan(this.#task.head.message.message)
      this.#plan.needs(need)
    } catch (thrown) {
      this.#failure = describeFailure(thrown)
    }
  }

  run(draft: Draft): void {
    const { head, subscription } = this.#task
    if (this.#plan && this.#failure === undefined) {
      try {
        this.#plan.apply(draft)
      } catch (thrown) {
        this.#failure = describeFailure(thrown)
      }
    }
    const { message } = head
    if (this.#failure === undefined) {
      draft.parkedChanges.push(goneChange(head))
      countDone(draft, subscription.cursor(message.source, message.partition))
    } else {
      const attempts = message.attempts + 1
      this.#outcome = { state: 'failed', failure: this.#failure, attempts }
      const expected = { status: message.status, attempts: message.attempts }
      draft.parkedChanges.push({
        number: head.number,
        expected,
        attempts,
        failure: this.#failure,
        ...this.#task.onFailure(this.#failure, attempts, draft.nowMs)
      })
    }
    if (this.#task.audit) draft.audit.push(this.#task.audit(this.#outcome, draft.nowMs))
  }

  committed(): void {
    this.#task.settled?.(this.#outcome)
  }

  lost(thrown: unknown): void {
    this.#task.lost?.(thrown)
  }
}
