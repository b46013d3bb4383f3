import type { EffectRule } from '../core/index.ts'
import { type LogRow, rowId } from '../ports/index.ts'
import { Delivery, type DeliveryRules } from './delivery.ts'
import type { Draft } from './draft.ts'
import type { EffectRunner } from './effect-runner.ts'
import type { EngineOptions } from './engine-options.ts'
import { HeadWork } from './head-work.ts'
import type { Intake } from './intake.ts'
import type { Head, Parking } from './parking.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { Setbacks } from './setbacks.ts'
import type { Subscription } from './subscription.ts'
import type { Timers } from './timers.ts'
import type { Work } from './work.ts'

/** Where the works of a turn come from. */
export interface TurnSources {
  readonly options: EngineOptions
  readonly parking: Parking
  readonly timers: Timers
  readonly intake: Intake
  readonly runner: EffectRunner
  readonly setbacks: Setbacks
  readonly subscriptions: ReadonlyMap<string, Subscription>
  /** Told when rows that had to be read from a feed have come, or could not be read. */
  readonly onRead: (failure?: unknown) => void
}

/** Collects what waits into the works of a turn. */
export class TurnWorks {
  readonly #sources: TurnSources
  readonly #rules: DeliveryRules
  #submitted: Work[] = []
  #turns = 0

  constructor(sources: TurnSources) {
    this.#sources = sources
    this.#rules = {
      parking: sources.parking,
      spoiled: sources.setbacks.spoiled,
      delayMs: (attempts) => this.#delayMs(attempts),
      onFailure: (handler, row, failure, attempts) => this.#warn(handler.subscription, row, failure, attempts)
    }
  }

  /** How many works were submitted and are not taken yet. */
  get submitted(): number {
    return this.#submitted.length
  }

  submit(work: Work): void {
    this.#submitted.push(work)
  }

  /** Takes what was submitted out of the way of any turn. */
  withdraw(): readonly Work[] {
    return this.#submitted.splice(0)
  }

  /** Moves what waits into `works`; what it had to look up for that stays in the draft. */
  async collect(draft: Draft, works: Work[]): Promise<void> {
    const { options, parking, timers, intake, setbacks, subscriptions } = this.#sources
    const { nowMs } = draft
    if (parking.hasOrphans) await parking.adopt()
    // After a group that the store would not take, one work a turn shows which of them it is.
    const room = (limit = options.limits.batchMax): number => setbacks.room(limit, works.length)
    const takes: (() => unknown)[] = [
      () => works.push(...this.#submitted.splice(0, room())),
      async () => works.push(...(await timers.due(nowMs, room()))),
      () => {
        for (const head of parking.takeDue(nowMs, room())) this.#dispatch(head, works)
      },
      ...[...subscriptions.values()].map((one) => () => this.#deliver(one, draft, works, room)),
      () => works.push(...intake.take(room()))
    ]
    // One after the other has the first word then, so that none waits behind a stream of another.
    const first = setbacks.isolating ? this.#turns++ % takes.length : 0
    for (let index = 0; index < takes.length; index++) await takes[(first + index) % takes.length]?.()
  }

  #deliver(subscription: Subscription, draft: Draft, works: Work[], room: (limit?: number) => number): void {
    const { options, parking, onRead } = this.#sources
    if (parking.isFull(subscription.name)) return
    const { handler } = subscription
    const limit = room(handler.replays ? options.limits.replayBatchMax : undefined)
    subscription.take(draft, limit, onRead, (cursor, row) =>
      works.push(new Delivery(handler, cursor, row, this.#rules))
    )
  }

  #dispatch(head: Head, works: Work[]): void {
    const { options, runner, setbacks, subscriptions } = this.#sources
    const subscription = subscriptions.get(head.subscription)
    if (!subscription) return
    const { handler } = subscription
    const rule: EffectRule | undefined = handler.effectRule?.(head.parked.message)
    if (rule) {
      runner.start(head, rule)
      return
    }
    works.push(
      new HeadWork({
        number: head.number,
        head: () => head,
        subscription: () => subscription,
        spoiled: setbacks.spoiled,
        plan: (row) => handler.plan(row),
        onFailure: (failure, attempts, nowMs) => {
          this.#warn(subscription.name, head.parked.message, failure, attempts)
          const dead = attempts >= options.limits.attemptsMax
          return dead
            ? { status: 'dead', dueMs: nowMs }
            : { status: 'retrying', dueMs: nowMs + this.#delayMs(attempts) }
        }
      })
    )
  }

  #delayMs(attempts: number): number {
    const { limits, ids } = this.#sources.options
    return retryDelayMs(attempts, limits.retryBaseMs, limits.retryMaxMs, ids.random())
  }

  #warn(subscription: string, row: LogRow, failure: string, attempts: number): void {
    const { definition, log } = this.#sources.options
    const { correlationId, causationId, traceparent } = row
    log.warn('a message failed and is set aside with its key', {
      service: definition.name,
      subscription,
      messageId: rowId(row),
      type: row.type,
      key: row.key,
      correlationId,
      causationId,
      traceparent,
      attempts,
      failure
    })
  }
}
