import { effectBounds, Failure, validateStrictly } from '../core/index.ts'
import { type AuditWrite, type LogRow, type ParkedFilter, type ParkedMessage, rowId } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import type { Engine } from './engine.ts'
import { countDone, goneChange, type HeadOutcome, HeadWork } from './head-work.ts'
import type { Head } from './parking.ts'
import type { DeadLetters } from './running.ts'
import type { Subscription } from './subscription.ts'
import type { Work } from './work.ts'

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
    const [parked] = await this.#engine.options.store.parked({ afterNumber: number - 1, limit: 1 })
    if (parked?.number !== number) throw new Failure('DEAD_LETTER_UNKNOWN', { number })
    return parked
  }

  async edit(number: number, data: unknown, by: string): Promise<ParkedMessage> {
    const { head, subscription } = await this.#dead(number)
    const row = head.parked.message
    const type = subscription.handler.typeOf(row)
    if (!type)
      throw new Failure('DEAD_LETTER_STATE', {
        number,
        hint: `A ${row.kind} of type ${row.type} has no schema to edit it by.`
      })
    const checked = validateStrictly(type.schema, data)
    if (!checked.ok) throw new Failure('MESSAGE_INVALID', { message: row.type, problems: checked.problems })
    await this.#do(number, (draft, { parked }) => {
      const { status, attempts, dueMs, failure } = parked
      const edited: LogRow = { ...parked.message, data: checked.value, version: type.version }
      const change = { number, expected: { status, attempts }, status, attempts, dueMs, failure }
      draft.parkedChanges.push({ ...change, message: edited })
      const details = { before: parked.message.data, after: checked.value }
      draft.audit.push(auditRow(draft.nowMs, 'edit', head, by, '', details))
    })
    return this.show(number)
  }

  async redrive(
    number: number,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' | 'pending' }> {
    const { head, subscription } = await this.#dead(number)
    const rule = subscription.handler.effectRule?.(head.parked.message)
    return rule
      ? this.#redriveEffect(number, effectBounds(rule.policy).attempts, by)
      : this.#redriveTransition(number, subscription, by)
  }

  #redriveTransition(
    number: number,
    { name, handler }: Subscription,
    by: string
  ): Promise<{ readonly number: number; readonly state: 'done' | 'dead' }> {
    return new Promise((resolve, reject) => {
      const work = new HeadWork({
        number,
        head: () => this.#head(number),
        subscription: () => this.#engine.subscriptions.get(name),
        spoiled: this.#engine.spoiled,
        plan: (row) => handler.plan(row),
        onFailure: (_failure, _attempts, nowMs) => ({ status: 'dead', dueMs: nowMs }),
        audit: (head, outcome, nowMs) => auditRow(nowMs, 'redrive', head, by, '', outcome),
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
      draft.audit.push(auditRow(draft.nowMs, 'redrive', head, by, '', { state: 'pending' }))
    })
    return { number, state: (await ended) ?? 'pending' }
  }

  async discard(number: number, reason: string, by: string): Promise<void> {
    if (reason.trim() === '')
      throw new Failure('DEAD_LETTER_STATE', { number, hint: 'Discarding needs a reason.' })
    const { subscription } = await this.#dead(number)
    await this.#do(number, (draft, head) => {
      const { source, partition, failure, message } = head.parked
      draft.parkedChanges.push(goneChange(head))
      countDone(draft, this.#engine.subscriptions.get(subscription.name)?.cursor(source, partition))
      draft.audit.push(auditRow(draft.nowMs, 'discard', head, by, reason, { failure, data: message.data }))
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
    const head = this.#engine.parking.head(number)
    const subscription = this.#engine.subscriptions.get(parked.subscription)
    if (!head || !subscription)
      throw new Failure('DEAD_LETTER_STATE', {
        number,
        hint: `Nothing of this service reads as '${parked.subscription}' any more; discarding is not possible either while it runs.`
      })
    return { head, subscription }
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
          if (head && !gone) change(draft, head)
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
  head: Head,
  by: string,
  reason: string,
  details: unknown
): AuditWrite {
  const { number, subscription, key, parked } = head
  return {
    timeMs,
    action: `dead-letter.${action}`,
    subject: `${subscription}/${key}#${number} ${rowId(parked.message)}`,
    by,
    reason,
    details
  }
}
