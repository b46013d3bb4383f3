import { Failure, type Refusal, type StateMachineDefinition } from '../core/index.ts'
import { jsonCopy, type LogRow, rowId } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import { applyCommand, type MachineCommand, type MachineOutcome } from './machine-transition.ts'
import type { CommandAnswer } from './running.ts'
import type { Cause } from './trace.ts'
import type { Need, Work } from './work.ts'

/** So often a command is decided again because somebody else was first. Of four that insist, each is soon the first. */
const conflictsMax = 60

/** The key under which an answer is stored, and by what the same request is known. */
export interface Idempotency {
  readonly key: string
  readonly fingerprint: string
}

/** What a command is decided on, and who waits for its answer. */
export interface CommandWorkOptions {
  /** Its place in the order of arrival. */
  readonly number: number
  readonly machine: StateMachineDefinition
  readonly command: MachineCommand
  readonly cause: Cause
  readonly idempotency: Idempotency | undefined
  readonly resolve: (answer: CommandAnswer) => void
  readonly reject: (failure: Failure) => void
  /** Takes it into another turn. */
  readonly again: (work: CommandWork) => void
}

/** A command that waits for its turn. */
export class CommandWork implements Work {
  readonly #options: CommandWorkOptions
  #outcome: MachineOutcome | undefined
  #failure: Failure | undefined
  #conflicts = 0

  constructor(options: CommandWorkOptions) {
    this.#options = options
  }

  get number(): number {
    return this.#options.number
  }

  get idempotency(): Idempotency | undefined {
    return this.#options.idempotency
  }

  /** Ends without a turn: the answer was found, or why there is none. */
  end(ended: { readonly answer: CommandAnswer } | { readonly failure: Failure }): void {
    if ('answer' in ended) this.#options.resolve(ended.answer)
    else this.#options.reject(ended.failure)
  }

  prepare(need: Need): void {
    const { machine, command } = this.#options
    need(machine.name, command.key)
  }

  run(draft: Draft): void {
    const { machine, command, cause, idempotency } = this.#options
    this.#failure = undefined
    try {
      this.#outcome = applyCommand(draft, machine, command, cause)
    } catch (thrown) {
      this.#failure =
        thrown instanceof Failure
          ? thrown
          : new Failure('TRANSITION_FAILED', { command: command.type, hint: String(thrown) }, thrown)
      return
    }
    if (idempotency) {
      const { key: idempotencyKey, fingerprint } = idempotency
      const outcome =
        'refusal' in this.#outcome
          ? { refusal: this.#refused(this.#outcome.refusal) }
          : { row: this.#outcome.row }
      draft.answers.push({ idempotencyKey, fingerprint, outcome, timeMs: draft.nowMs })
    }
  }

  #refused(refusal: Refusal): CommandAnswer {
    return { outcome: 'refused', refusal, correlationId: this.#options.cause.correlationId }
  }

  committed(rows: readonly LogRow[]): void {
    const { resolve, reject } = this.#options
    if (this.#failure) reject(this.#failure)
    else if (this.#outcome && 'refusal' in this.#outcome) resolve(this.#refused(this.#outcome.refusal))
    else if (this.#outcome) resolve(acceptedAnswer(rows[this.#outcome.row] as LogRow))
  }

  lost(failure: Failure, again: boolean): void {
    if (failure.retry === 'now') this.#conflicts += 1
    if (again && this.#conflicts < conflictsMax) this.#options.again(this)
    else this.#options.reject(failure)
  }
}

/** The answer to a command that led to this row. */
export function acceptedAnswer(row: LogRow): CommandAnswer {
  const { type, data, correlationId } = row
  const id = rowId(row)
  // What the caller does to it must not reach the state, which may have the same data.
  return { outcome: 'accepted', event: { type, id, data: jsonCopy(data) }, position: id, correlationId }
}
