import { effectBounds, Failure, validateStrictly } from '../core/index.ts'
import {
  type AuditWrite,
  type LogRow,
  type ParkedFilter,
  type ParkedMessage,
  rowId,
  unitOf
} from '../ports/index.ts'
import { DeadLettersElsewhere, type Deed } from './dead-letters-elsewhere.ts'
import type { Draft } from './draft.ts'
import type { Engine } from './engine.ts'
import type { Handler } from './handler.ts'
import { countDone, goneChange, type HeadOutcome, HeadWork } from './head-work.ts'
import type { Head } from './parking.ts'
import type { DeadLetters } from './running.ts'
import type { Subscription } from './subscription.ts'
import type { Work } from './work.ts'

/** A dead letter and the subscription that it is dead for. */
interface Dead {
  readonly parked: ParkedMessage
  readonly handler: Handler
  /** Undefined when another instance works for it. */
  readonly subscription: Subscription | undefined
}

/** What a person may do about dead letters; each deed and its audit row are one transaction. */
export class EngineDeadLetters implements DeadLetters {
  readonly #engine: Engine
  readonly #elsewhere: DeadLettersElsewhere

  constructor(engine: Engine) {
    this.#engine = engine
    this.#elsewhere = new DeadLettersElsewhere(engine)
  }

  list(filter: ParkedFilter): Promise<readonly ParkedMessage[]> {
    return this.#engine.options.store.parked(filter)
  }

  async show(number: number): Promise<ParkedMessage> {
    const [parked] = await this.#engine.options.store.parked({ afterNumber: number - 1, limit: 1 })
    if (parked?.number !== number) throw new Failure('DEAD_LETTER_UNKNOWN', { number })
    return parked
  }

  async edit(number: number, data: unknown, by: string): Promise<ParkedMessage> {
    const { parked: dead, handler, subscription } = await this.#dead(number)
    const row = dead.message
    const type = handler.typeOf(row)
    if (!type)
      throw new Failure('DEAD_LETTER_STATE', {
        number,
        hint: `A ${row.kind} of type ${row.type} has no schema to edit it by.`
      })
    const checked = validateStrictly(type.schema, data)
    if (!checked.ok) throw new Failure('MESSAGE_INVALID', { message: row.type, problems: checked.problems })
    const editOf = (parked: ParkedMessage, nowMs: number): Deed => {
      const { status, attempts, dueMs, message } = parked
      const edited: LogRow = { ...message, data: checked.value, version: type.version }
      const details = { before: message.data, after: checked.value }
      const audit = auditRow(nowMs, 'edit', parked, by, '', details)
      return { change: { status, attempts, dueMs, message: edited }, audit }
    }
    if (!subscription) await this.#elsewhere.change(dead, editOf(dead, this.#nowMs))
    else
      await this.#do(number, (draft, { parked }) => {
        const { status, attempts, failure } = parked
        const { change, audit } = editOf(parked, draft.nowMs)
        draft.parkedChanges.push({ number, expected: { status, attempts }, failure, ...change })
        draft.audit.push(audit)
      })
    return this.show(number)
  }

  async redrive(
    number: number,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' | 'pending' }> {
    const { parked, handler, subscription } = await this.#dead(number)
    const rule = handler.effectRule?.(parked.message)
    const attemptsMax = rule ? effectBounds(rule.policy).attempts : this.#engine.options.limits.attemptsMax
    if (subscription)
      return rule
        ? this.#redriveEffect(number, attemptsMax, by)
        : this.#redriveTransition(parked, subscription, by)
    // One more attempt, and at once; its holder makes of the outcome what it would make of the last.
    const status = rule ? 'pending' : 'retrying'
    await this.#elsewhere.change(parked, {
      change: { status, attempts: attemptsMax - 1, dueMs: parked.parkedMs },
      audit: auditRow(this.#nowMs, 'redrive', parked, by, '', { state: 'pending' })
    })
    return { number, state: await this.#elsewhere.outcome(number) }
  }

  get #nowMs(): number {
    return this.#engine.options.clock.nowMs()
  }

  #redriveTransition(
    parked: ParkedMessage,
    { name, handler }: Subscription,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' }> {
    const { number } = parked
    return new Promise((resolve, reject) => {
      const work = new HeadWork({
        number,
        head: () => this.#head(number),
        subscription: () => this.#engine.subscriptions.get(name),
        spoiled: this.#engine.spoiled,
        plan: (row) => handler.plan(row),
        onFailure: (_failure, _attempts, nowMs) => ({ status: 'dead', dueMs: nowMs }),
        audit: ({ parked }, outcome, nowMs) => auditRow(nowMs, 'redrive', parked, by, '', outcome),
        settled: ({ state }: HeadOutcome) => {
          if (state === 'gone') reject(dealtWith(number))
          else resolve({ number, state: state === 'done' ? 'done' : 'dead' })
        },
        lost: (failure, again) => (again ? this.#engine.submit(work) : reject(failure))
      })
      this.#engine.submit(work)
    })
  }

  /** One more attempt at an effect: it counts as the last, so that a failure is the end again. */
  async #redriveEffect(
    number: number,
    attemptsMax: number,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' | 'pending' }> {
    let ended: Promise<'done' | 'dead' | 'pending'> | undefined
    await this.#do(number, (draft, head) => {
      const { status, attempts, failure } = head.parked
      // From here on, so that nothing can end before somebody listens.
      ended ??= this.#engine.runner.ended(number)
      draft.parkedChanges.push({
        number,
        expected: { status, attempts },
        status: 'pending',
        attempts: attemptsMax - 1,
        dueMs: draft.nowMs,
        failure
      })
      draft.audit.push(auditRow(draft.nowMs, 'redrive', head.parked, by, '', { state: 'pending' }))
    })
    return { number, state: (await ended) ?? 'pending' }
  }

  async discard(number: number, reason: string, by: string): Promise<void> {
    if (reason.trim() === '')
      throw new Failure('DEAD_LETTER_STATE', { number, hint: 'Discarding needs a reason.' })
    const { parked, subscription } = await this.#dead(number)
    const auditOf = (nowMs: number): AuditWrite => {
      const { failure, message } = parked
      return auditRow(nowMs, 'discard', parked, by, reason, { failure, data: message.data })
    }
    if (!subscription) {
      const { attempts, dueMs } = parked
      const change = { status: 'gone', attempts, dueMs } as const
      await this.#elsewhere.change(parked, { change, audit: auditOf(this.#nowMs) })
      return
    }
    await this.#do(number, (draft, head) => {
      const { source, partition } = head.parked
      draft.parkedChanges.push(goneChange(head))
      countDone(draft, this.#engine.subscriptions.get(subscription.name)?.cursor(source, partition))
      draft.audit.push(auditOf(draft.nowMs))
    })
  }

  audit(limit: number): Promise<readonly AuditWrite[]> {
    return this.#engine.options.store.audit(limit)
  }

  /** The dead letter of that number. Fails when it is unknown, or not dead. */
  async #dead(number: number): Promise<Dead> {
    const parked = await this.show(number)
    if (parked.status !== 'dead') {
      const why =
        parked.status === 'behind'
          ? `It waits behind an earlier message of '${parked.key}'.`
          : `It is '${parked.status}'.`
      throw new Failure('DEAD_LETTER_STATE', { number, status: parked.status, hint: why })
    }
    const subscription = await this.#subscriptionOf(parked)
    const handler =
      subscription?.handler ??
      this.#engine.handlers.find((one) => unitOf(one.subscription) === unitOf(parked.subscription))
    const isMissing = subscription ? !this.#engine.parking.head(number) : !this.#engine.options.tenure.shared
    if (!handler || isMissing)
      throw new Failure('DEAD_LETTER_STATE', {
        number,
        hint: `Nothing of this service reads as '${parked.subscription}' any more; discarding is not possible either while it runs.`
      })
    return { parked, handler, subscription }
  }

  /** What reads here what this message is parked for. Others may have changed it, if there are others. */
  async #subscriptionOf({ subscription }: ParkedMessage): Promise<Subscription | undefined> {
    const { parking, options } = this.#engine
    const find = (): Subscription | undefined => this.#engine.subscriptions.get(subscription)
    if (!options.tenure.shared || !find()) return find()
    await this.#engine.between(async () => {
      if (find()) await parking.load(subscription)
    })
    return find()
  }

  /** The dead letter as it is now; undefined when it is not dead any more. */
  #head(number: number): Head | undefined {
    const head = this.#engine.parking.head(number)
    return head?.parked.status === 'dead' ? head : undefined
  }

  /** Does one thing in a turn, if the dead letter is then still one. */
  #do(number: number, change: (draft: Draft, head: Head) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let gone = false
      const work: Work = {
        prepare: () => undefined,
        run: (draft) => {
          const head = this.#head(number)
          gone = head === undefined || draft.parkedChanges.some((one) => one.number === number)
          if (!head || gone) return
          draft.relies.add(head.subscription)
          change(draft, head)
        },
        committed: () => (gone ? reject(dealtWith(number)) : resolve()),
        lost: (failure, again) => (again ? this.#engine.submit(work) : reject(failure))
      }
      this.#engine.submit(work)
    })
  }
}

function dealtWith(number: number): Failure {
  return new Failure('DEAD_LETTER_STATE', { number, hint: 'Somebody else dealt with it first.' })
}

function auditRow(
  timeMs: number,
  action: string,
  parked: ParkedMessage,
  by: string,
  reason: string,
  details: unknown
): AuditWrite {
  const { number, subscription, key, message } = parked
  return {
    timeMs,
    action: `dead-letter.${action}`,
    subject: `${subscription}/${key}#${number} ${rowId(message)}`,
    by,
    reason,
    details
  }
}
