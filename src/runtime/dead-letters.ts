import { Failure, toFailure, validateStrictly } from '../core/index.ts'
import { type AuditWrite, type LogRow, type ParkedFilter, type ParkedMessage, rowId } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import type { Engine } from './engine.ts'
import { countDone, goneChange, type HeadOutcome, HeadWork } from './head-work.ts'
import type { Head } from './parking.ts'
import type { DeadLetters } from './running.ts'
import type { Subscription } from './subscription.ts'

/** A dead letter and the subscription that it is dead for. */
interface Dead {
  readonly head: Head
  readonly subscription: Subscription
}

/** What a person may do about dead letters; each deed and its audit row are one transaction. */
export class EngineDeadLetters implements DeadLetters {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  list(filter: ParkedFilter): Promise<readonly ParkedMessage[]> {
    return this.#engine.options.store.parked(filter)
  }

  async show(number: number): Promise<ParkedMessage> {
    const [message] = await this.#engine.options.store.parked({ afterNumber: number - 1, limit: 1 })
    if (message?.number !== number) throw new Failure('DEAD_LETTER_UNKNOWN', { number })
    return message
  }

  async edit(number: number, data: unknown, by: string): Promise<ParkedMessage> {
    const { head, subscription } = await this.#dead(number)
    const row = head.message.message
    const type = subscription.handler.typeOf(row)
    if (!type)
      throw new Failure('DEAD_LETTER_STATE', {
        number,
        hint: `A ${row.kind} of type ${row.type} has no schema to edit it by.`
      })
    const checked = validateStrictly(type.schema, data)
    if (!checked.ok) throw new Failure('MESSAGE_INVALID', { message: row.type, problems: checked.problems })
    const edited: LogRow = { ...row, data: checked.value, version: type.version }
    const { status, attempts, dueMs, failure } = head.message
    await this.#do(number, (draft) => {
      draft.parkedChanges.push({
        number,
        expected: { status, attempts },
        status,
        attempts,
        dueMs,
        failure,
        message: edited
      })
      draft.audit.push(
        auditRow(draft.nowMs, 'edit', head, by, '', { before: row.data, after: checked.value })
      )
    })
    return this.show(number)
  }

  async redrive(
    number: number,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' | 'pending' }> {
    const { head, subscription } = await this.#dead(number)
    const rule = subscription.handler.effectRule?.(head.message.message)
    return rule
      ? this.#redriveEffect(head, rule.policy.retry?.attempts ?? 5, by)
      : this.#redriveTransition(head, subscription, by)
  }

  #redriveTransition(
    head: Head,
    subscription: Subscription,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' }> {
    const { number } = head
    return new Promise((resolve, reject) => {
      this.#engine.submit(
        new HeadWork({
          head,
          subscription,
          spoiled: this.#engine.spoiled,
          plan: (row) => subscription.handler.plan(row),
          onFailure: (_failure, _attempts, nowMs) => ({ status: 'dead', dueMs: nowMs }),
          audit: (outcome, nowMs) => auditRow(nowMs, 'redrive', head, by, '', outcome),
          settled: (outcome: HeadOutcome) =>
            resolve({ number, state: outcome.state === 'done' ? 'done' : 'dead' }),
          lost: (thrown) => reject(toFailure(thrown))
        })
      )
    })
  }

  /** One more attempt at an effect: it counts as the last, so that a failure is the end again. */
  async #redriveEffect(
    head: Head,
    attemptsMax: number,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' | 'pending' }> {
    const { number, message } = head
    const ended = new Promise<'done' | 'dead'>((resolve) => this.#engine.runner.observe(number, resolve))
    await this.#do(number, (draft) => {
      const expected = { status: message.status, attempts: message.attempts }
      draft.parkedChanges.push({
        number,
        expected,
        status: 'pending',
        attempts: attemptsMax - 1,
        dueMs: draft.nowMs,
        failure: message.failure
      })
      draft.audit.push(auditRow(draft.nowMs, 'redrive', head, by, '', { state: 'pending' }))
    })
    return { number, state: await ended }
  }

  async discard(number: number, reason: string, by: string): Promise<void> {
    if (reason.trim() === '')
      throw new Failure('DEAD_LETTER_STATE', { number, hint: 'Discarding needs a reason.' })
    const { head, subscription } = await this.#dead(number)
    await this.#do(number, (draft) => {
      draft.parkedChanges.push(goneChange(head))
      countDone(draft, subscription.cursor(head.message.source, head.message.partition))
      draft.audit.push(
        auditRow(draft.nowMs, 'discard', head, by, reason, {
          failure: head.message.failure,
          data: head.message.message.data
        })
      )
    })
  }

  audit(limit: number): Promise<readonly AuditWrite[]> {
    return this.#engine.options.store.audit(limit)
  }

  /** The dead letter of that number. Fails when it is unknown, or not dead. */
  async #dead(number: number): Promise<Dead> {
    const message = await this.show(number)
    if (message.status !== 'dead') {
      const why =
        message.status === 'behind'
          ? `It waits behind an earlier message of '${message.key}'.`
          : `It is '${message.status}'.`
      throw new Failure('DEAD_LETTER_STATE', { number, status: message.status, hint: why })
    }
    const head = this.#engine.parking.head(number)
    const subscription = this.#engine.subscriptions.get(message.subscription)
    if (!head || !subscription)
      throw new Failure('DEAD_LETTER_STATE', {
        number,
        hint: `Nothing of this service reads as '${message.subscription}' any more; discarding is not possible either while it runs.`
      })
    return { head, subscription }
  }

  /** Does one thing in a turn, if the dead letter is then still what it was. */
  #do(number: number, change: (draft: Draft) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let gone = false
      this.#engine.submit({
        prepare: () => undefined,
        run: (draft) => {
          gone = this.#engine.parking.head(number)?.message.status !== 'dead'
          if (!gone) change(draft)
        },
        committed: () =>
          gone
            ? reject(new Failure('DEAD_LETTER_STATE', { number, hint: 'Somebody else dealt with it first.' }))
            : resolve(),
        lost: (failure) => reject(failure)
      })
    })
  }
}

function auditRow(
  timeMs: number,
  action: string,
  head: Head,
  by: string,
  reason: string,
  details: unknown
): AuditWrite {
  const { number, subscription, key, message } = head
  return {
    timeMs,
    action: `dead-letter.${action}`,
    subject: `${subscription}/${key}#${number} ${rowId(message.message)}`,
    by,
    reason,
    details
  }
}
