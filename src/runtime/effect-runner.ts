import {
  type EffectBounds,
  type EffectRule,
  effectBounds,
  Failure,
  type OutgoingMessage,
  type ServiceDefinition,
  upcast
} from '../core/index.ts'
import {
  type AttemptResult,
  type Clock,
  type EffectGuard,
  type Effects,
  jsonCopy,
  type Log,
  type ParkedChange
} from '../ports/index.ts'
import { checkedMessages } from './actor-handler.ts'
import { describeFailure } from './delivery.ts'
import type { Draft } from './draft.ts'
import { metaOf } from './handler.ts'
import { countDone, goneChange } from './head-work.ts'
import type { Head, Parking } from './parking.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { Spoiled } from './setbacks.ts'
import type { Subscription } from './subscription.ts'
import { causeOf } from './trace.ts'
import type { Work } from './work.ts'

/** How long an effect waits that its guard did not even try. */
const notTriedMs = 1_000

/** The effects of one rule: those that wait for a place, and those under way. */
interface Lane {
  readonly rule: EffectRule
  readonly bounds: EffectBounds
  readonly subscription: string
  readonly guard: EffectGuard
  readonly queue: Head[]
  running: number
}

/** What an effect runner is given. */
export interface EffectRunnerOptions {
  readonly definition: ServiceDefinition
  readonly effects: Effects
  readonly parking: Parking
  readonly clock: Clock
  readonly random: () => number
  readonly spoiled: Spoiled
  /** A subscription as it is now: its cursors are made anew when the store was lost. */
  readonly subscription: (name: string) => Subscription | undefined
  readonly log: Log
  /** Rows of a projection of the service, from the generation that serves. */
  readonly rows: (projection: string, keys: readonly string[]) => Promise<ReadonlyMap<string, unknown>>
  /** Takes what an effect answered into the next turn. */
  readonly submit: (work: Work) => void
}

/** How an effect that somebody watches has ended; `pending` when the service stopped before it did. */
export type EffectEnd = 'done' | 'dead' | 'pending'

/** The longest that an effect waits for its next attempt. */
export function effectPauseMaxMs({ policy }: EffectRule): number {
  return Math.max(notTriedMs, effectBounds(policy).retryMaxMs)
}

/** Names what an effect answered, for the case that the store will not take it. */
function answerName(head: Head): string {
  return `effect ${head.number}`
}

/** The words under which a failed attempt is kept with its message. */
function failureOf({ outcome, reason }: Exclude<AttemptResult<unknown>, { outcome: 'done' }>): string {
  return describeFailure(
    new Failure(outcome === 'timeout' ? 'EFFECT_TIMEOUT' : 'EFFECT_FAILED', { hint: reason })
  )
}

/** Carries out the outside effects of one service: in order per key, bounded per rule, retried durably. */
export class EffectRunner {
  readonly #options: EffectRunnerOptions
  readonly #lanes = new Map<EffectRule, Lane>()
  readonly #running = new Set<number>()
  readonly #observers = new Map<number, ((state: EffectEnd) => void)[]>()
  #held: ReadonlySet<string> = new Set()
  #stopping = false

  constructor(options: EffectRunnerOptions) {
    this.#options = options
  }

  get underWay(): number {
    return this.#running.size
  }

  /** Whether an effect is under way or waits for a place. */
  get busy(): boolean {
    return this.#running.size > 0 || [...this.#lanes.values()].some((lane) => lane.queue.length > 0)
  }

  /** Starts nothing more of these subscriptions, and goes on with all others. */
  hold(subscriptions: ReadonlySet<string>): void {
    this.#held = subscriptions
    for (const lane of this.#lanes.values()) this.#fill(lane)
  }

  /** Whether an effect of a subscription is under way. */
  isBusyWith(subscription: string): boolean {
    return [...this.#lanes.values()].some((lane) => lane.subscription === subscription && lane.running > 0)
  }

  /** Forgets what waits of a subscription that is another's now; its parked messages are forgotten by then. */
  forget(subscription: string): void {
    for (const lane of this.#lanes.values()) if (lane.subscription === subscription) lane.queue.length = 0
    for (const number of [...this.#observers.keys()])
      if (!this.#options.parking.head(number)) this.#tell(number, 'pending')
  }

  /** Resolves when the effect of that parked message has ended for good or is dead, or the service stops. */
  ended(number: number): Promise<EffectEnd> {
    if (this.#stopping) return Promise.resolve('pending')
    return new Promise((resolve) => {
      this.#observers.set(number, [...(this.#observers.get(number) ?? []), resolve])
    })
  }

  start(head: Head, rule: EffectRule): void {
    if (this.#running.has(head.number)) return
    const lane = this.#lane(rule, head.subscription)
    lane.queue.push(head)
    this.#fill(lane)
  }

  /** Starts nothing more; those under way may end. */
  finish(): void {
    this.#stopping = true
    for (const lane of this.#lanes.values()) lane.queue.length = 0
  }

  /** Starts nothing more and tells those under way to give up; they are tried again after the next start. */
  stop(): void {
    this.finish()
    this.#options.effects.stop()
    for (const number of [...this.#observers.keys()]) this.#tell(number, 'pending')
  }

  #lane(rule: EffectRule, subscription: string): Lane {
    const known = this.#lanes.get(rule)
    if (known) return known
    const name = `${this.#options.definition.name}/${subscription}/${rule.event.type}`
    const bounds = effectBounds(rule.policy)
    const lane: Lane = {
      rule,
      bounds,
      subscription,
      guard: this.#options.effects.guard(name, bounds),
      queue: [],
      running: 0
    }
    this.#lanes.set(rule, lane)
    return lane
  }

  #fill(lane: Lane): void {
    const isHeld = this.#stopping || this.#held.has(lane.subscription)
    while (!isHeld && lane.running < lane.bounds.bulkhead) {
      const head = lane.queue.shift()
      if (!head) return
      // A head that was changed or read again meanwhile comes again by itself.
      if (this.#running.has(head.number) || this.#options.parking.head(head.number) !== head) continue
      this.#running.add(head.number)
      lane.running += 1
      this.#attempt(lane, head)
    }
  }

  #attempt(lane: Lane, head: Head): void {
    const row = head.parked.message
    const { rule } = lane
    const { definition } = this.#options
    const nowMs = this.#options.clock.nowMs()
    lane.guard
      .attempt(async (signal) => {
        // An effect is not pure: what it does to its data must not reach the state that has them, nor the next attempt.
        const data = upcast(rule.event, row.version, jsonCopy(row.data))
        const context = {
          idempotencyKey: `${definition.name}/${lane.subscription}:${row.service}:${row.partition}:${row.position}`,
          attempt: head.parked.attempts + 1,
          nowMs,
          signal,
          meta: metaOf(row),
          rows: <Row>({ name }: { readonly name: string }, keys: readonly string[]) =>
            this.#options.rows(name, keys) as Promise<ReadonlyMap<string, Row>>
        }
        return checkedMessages(definition, lane.subscription, await rule.effect(data, context))
      })
      .then(
        (result) => this.#ended(lane, head, result),
        (thrown: unknown) => this.#ended(lane, head, { outcome: 'failed', reason: describeFailure(thrown) })
      )
  }

  #ended(lane: Lane, head: Head, result: AttemptResult<readonly OutgoingMessage[]>): void {
    if (result.outcome === 'stopped') {
      this.#leave(lane, head)
      return
    }
    const answer: Work = {
      message: answerName(head),
      prepare: () => undefined,
      run: (draft) => this.#record(draft, lane, head, result),
      committed: () => this.#settled(lane, head),
      // What it answered is kept until it can be written: to cause the effect again would be worse.
      lost: (failure) =>
        failure.code === 'STOPPING' ? this.#leave(lane, head) : this.#options.submit(answer)
    }
    this.#options.submit(answer)
  }

  /** The head's place is free. It may have been due while it was taken, as after a commit that nobody knew the end of. */
  #leave(lane: Lane, head: Head): void {
    this.#running.delete(head.number)
    this.#options.parking.offerAgain(head.number)
    lane.running -= 1
    this.#fill(lane)
  }

  #settled(lane: Lane, head: Head): void {
    this.#leave(lane, head)
    const now = this.#options.parking.head(head.number)
    if (!now) this.#tell(head.number, 'done')
    else if (now.parked.status === 'dead') this.#tell(head.number, 'dead')
  }

  #tell(number: number, state: EffectEnd): void {
    const observers = this.#observers.get(number) ?? []
    this.#observers.delete(number)
    for (const observer of observers) observer(state)
  }

  #record(draft: Draft, lane: Lane, head: Head, result: AttemptResult<readonly OutgoingMessage[]>): void {
    // It may be recorded already, by a commit that nobody knew the end of.
    const now = this.#options.parking.head(head.number)?.parked
    if (now?.status !== head.parked.status || now.attempts !== head.parked.attempts) return
    draft.relies.add(head.subscription)
    const spoiled = this.#options.spoiled.get(answerName(head))
    if (result.outcome === 'done' && spoiled === undefined) {
      this.#finish(draft, lane, head, result.result)
      return
    }
    const reason = result.outcome === 'done' ? (spoiled ?? '') : failureOf(result)
    const { status, attempts, failure } = head.parked
    const expected = { status, attempts }
    const notTried = result.outcome === 'breaker-open' || result.outcome === 'bulkhead-full'
    if (notTried) {
      draft.parkedChanges.push({
        number: head.number,
        expected,
        status,
        attempts,
        dueMs: draft.nowMs + notTriedMs,
        failure
      })
      return
    }
    const made = attempts + 1
    const { attempts: attemptsMax, retryBaseMs, retryMaxMs } = lane.bounds
    const row = head.parked.message
    this.#options.log.warn('an effect failed', {
      service: this.#options.definition.name,
      unit: lane.subscription,
      key: head.key,
      correlationId: row.correlationId,
      attempt: made,
      failure: reason
    })
    if (made >= attemptsMax && this.#fallBack(draft, lane, head, reason)) return
    const change: Pick<ParkedChange, 'status' | 'dueMs'> =
      made >= attemptsMax
        ? { status: 'dead', dueMs: draft.nowMs }
        : {
            status: 'retrying',
            dueMs: draft.nowMs + retryDelayMs(made, retryBaseMs, retryMaxMs, this.#options.random())
          }
    draft.parkedChanges.push({ number: head.number, expected, attempts: made, failure: reason, ...change })
  }

  #fallBack(draft: Draft, lane: Lane, head: Head, reason: string): boolean {
    const { fallback, event } = lane.rule
    if (!fallback) return false
    const row = head.parked.message
    try {
      const reaction = fallback(upcast(event, row.version, row.data), metaOf(row), reason)
      this.#finish(draft, lane, head, checkedMessages(this.#options.definition, lane.subscription, reaction))
      return true
    } catch (thrown) {
      this.#options.log.error('a fallback failed', {
        service: this.#options.definition.name,
        unit: lane.subscription,
        key: head.key,
        failure: describeFailure(thrown)
      })
      return false
    }
  }

  #finish(draft: Draft, lane: Lane, head: Head, messages: readonly OutgoingMessage[]): void {
    const { source, partition, message } = head.parked
    for (const said of messages)
      draft.say({ unit: lane.subscription, key: message.key }, said, causeOf(message))
    draft.parkedChanges.push(goneChange(head))
    countDone(draft, this.#options.subscription(lane.subscription)?.cursor(source, partition))
  }
}
