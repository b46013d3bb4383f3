import type { Failure } from '../core/index.ts'
import type { AuditWrite, LogRow, ParkedChange } from '../ports/index.ts'
import type { Cursor } from './cursor.ts'
import { describeFailure } from './delivery.ts'
import type { Draft } from './draft.ts'
import type { Plan } from './handler.ts'
import type { Head } from './parking.ts'
import type { Spoiled } from './setbacks.ts'
import type { Subscription } from './subscription.ts'
import type { Need, Work } from './work.ts'

/** How a parked message was dealt with, or why it stays; `gone` when somebody else dealt with it first. */
export type HeadOutcome =
  | { readonly state: 'done' }
  | { readonly state: 'gone' }
  | { readonly state: 'failed'; readonly failure: string; readonly attempts: number }

/** What to do with a parked message in a turn, and whom to tell. */
export interface HeadTask {
  readonly number: number
  /** The message as it is when the turn comes; undefined when there is nothing to do about it any more. */
  readonly head: () => Head | undefined
  /** The subscription as it is then: its cursors are made anew when a turn was lost. */
  readonly subscription: () => Subscription | undefined
  readonly spoiled: Spoiled
  /** The transition; works with the message as it is parked. */
  readonly plan: (row: LogRow) => Plan
  /** What a failure makes of it: when it is tried again, or that it is dead. */
  readonly onFailure: (
    failure: string,
    attempts: number,
    nowMs: number
  ) => Pick<ParkedChange, 'status' | 'dueMs'>
  readonly audit?: (head: Head, outcome: HeadOutcome, nowMs: number) => AuditWrite
  readonly settled?: (outcome: HeadOutcome) => void
  readonly lost?: (failure: Failure, again: boolean) => void
}

/** The change that ends a parked message. */
export function goneChange(head: Head): ParkedChange {
  const { status, attempts, dueMs, failure } = head.parked
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
  #head: Head | undefined
  #plan: Plan | undefined
  #failure: string | undefined
  #outcome: HeadOutcome = { state: 'gone' }

  constructor(task: HeadTask) {
    this.#task = task
  }

  get message(): string {
    return `parked ${this.#task.number}`
  }

  prepare(need: Need): void {
    this.#plan = undefined
    this.#head = this.#task.head()
    this.#failure = this.#task.spoiled.get(this.message)
    if (this.#failure !== undefined || !this.#head) return
    try {
      this.#plan = this.#task.plan(this.#head.parked.message)
      this.#plan.needs(need)
    } catch (thrown) {
      this.#failure = describeFailure(thrown)
    }
  }

  run(draft: Draft): void {
    const head = this.#head
    // Two may want the same of one message in the same turn.
    const gone = draft.parkedChanges.some(({ number }) => number === this.#task.number)
    this.#outcome = head && !gone ? this.#try(draft, head) : { state: 'gone' }
    if (head && this.#task.audit && this.#outcome.state !== 'gone')
      draft.audit.push(this.#task.audit(head, this.#outcome, draft.nowMs))
  }

  #try(draft: Draft, head: Head): HeadOutcome {
    const { parked } = head
    draft.relies.add(head.subscription)
    if (this.#plan && this.#failure === undefined) {
      try {
        this.#plan.apply(draft)
      } catch (thrown) {
        this.#failure = describeFailure(thrown)
      }
    }
    if (this.#failure === undefined) {
      draft.parkedChanges.push(goneChange(head))
      countDone(draft, this.#task.subscription()?.cursor(parked.source, parked.partition))
      return { state: 'done' }
    }
    const attempts = parked.attempts + 1
    const expected = { status: parked.status, attempts: parked.attempts }
    draft.parkedChanges.push({
      number: head.number,
      expected,
      attempts,
      failure: this.#failure,
      ...this.#task.onFailure(this.#failure, attempts, draft.nowMs)
    })
    return { state: 'failed', failure: this.#failure, attempts }
  }

  committed(): void {
    this.#task.settled?.(this.#outcome)
  }

  lost(failure: Failure, again: boolean): void {
    this.#task.lost?.(failure, again)
  }
}
