import {
  Failure,
  fingerprintOf,
  isPublic,
  type Refusal,
  type ServiceDefinition,
  type StateMachineDefinition,
  validateStrictly
} from '../core/index.ts'
import { type Clock, type Ids, type LogRow, rowId, type Store } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import { checkKey } from './key.ts'
import { applyCommand, type MachineOutcome } from './machine-transition.ts'
import type { CommandAnswer, CommandRequest } from './running.ts'
import { type Cause, traceOf } from './trace.ts'
import type { Need, Work } from './work.ts'

const idempotencyKeyLengthMax = 255
const conflictsMax = 20

/** A command that waits for its turn. */
class CommandWork implements Work {
  /** Its place in the order of arrival. */
  readonly number: number
  readonly #machine: StateMachineDefinition
  readonly #command: {
    readonly id: string
    readonly type: string
    readonly key: string
    readonly data: unknown
  }
  readonly #cause: Cause
  readonly #idempotency: { readonly key: string; readonly fingerprint: string } | undefined
  readonly #resolve: (answer: CommandAnswer) => void
  readonly #reject: (failure: Failure) => void
  readonly #again: (work: CommandWork) => void
  #outcome: MachineOutcome | undefined
  #failure: Failure | undefined
  #conflicts = 0

  constructor(
    number: number,
    machine: StateMachineDefinition,
    command: { readonly id: string; readonly type: string; readonly key: string; readonly data: unknown },
    cause: Cause,
    idempotency: { readonly key: string; readonly fingerprint: string } | undefined,
    resolve: (answer: CommandAnswer) => void,
    reject: (failure: Failure) => void,
    again: (work: CommandWork) => void
  ) {
    this.number = number
    this.#machine = machine
    this.#command = command
    this.#cause = cause
    this.#idempotency = idempotency
    this.#resolve = resolve
    this.#reject = reject
    this.#again = again
  }

  prepare(need: Need): void {
    need(this.#machine.name, this.#command.key)
  }

  run(draft: Draft): void {
    this.#failure = undefined
    try {
      this.#outcome = applyCommand(draft, this.#machine, this.#command, this.#cause)
    } catch (thrown) {
      this.#failure =
        thrown instanceof Failure
          ? thrown
          : new Failure('TRANSITION_FAILED', { command: this.#command.type, hint: String(thrown) }, thrown)
      return
    }
    if (this.#idempotency) {
      const { key: idempotencyKey, fingerprint } = this.#idempotency
      const outcome =
        'refusal' in this.#outcome
          ? { refusal: this.#refused(this.#outcome.refusal) }
          : { row: this.#outcome.row }
      draft.answers.push({ idempotencyKey, fingerprint, outcome, timeMs: draft.nowMs })
    }
  }

  #refused(refusal: Refusal): CommandAnswer {
    return { outcome: 'refused', refusal, correlationId: this.#cause.correlationId }
  }

  committed(rows: readonly LogRow[]): void {
    if (this.#failure) this.#reject(this.#failure)
    else if (this.#outcome && 'refusal' in this.#outcome) this.#resolve(this.#refused(this.#outcome.refusal))
    else if (this.#outcome) this.#resolve(acceptedAnswer(rows[this.#outcome.row] as LogRow))
  }

  lost(failure: Failure, again: boolean): void {
    if (failure.retry === 'now') this.#conflicts += 1
    if (again && this.#conflicts < conflictsMax) this.#again(this)
    else this.#reject(failure)
  }
}

/** What a service needs of its intake. */
export interface IntakeOptions {
  readonly definition: ServiceDefinition
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly commandsMax: number
  /** Why no command can be taken now, if so. */
  readonly closed: () => Failure | undefined
  readonly wake: () => void
}

/** Commands from outside, on their way to a turn: checked, bounded, in the order of arrival. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #inFlight = new Map<string, string>()
  #queue: CommandWork[] = []
  #arrived = 0
  /** Accepted for a turn and not answered yet. */
  #open = 0
  #disordered = false

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  get queued(): number {
    return this.#queue.length
  }

  /** Takes up to `limit` commands for a turn. */
  take(limit: number): readonly Work[] {
    if (this.#disordered) this.#queue.sort((one, other) => one.number - other.number)
    this.#disordered = false
    return this.#queue.length <= limit ? this.#takeAll() : this.#queue.splice(0, limit)
  }

  #takeAll(): readonly Work[] {
    const all = this.#queue
    this.#queue = []
    return all
  }

  /** As `RunningService.send` promises. */
  async send(request: CommandRequest): Promise<CommandAnswer> {
    const { definition } = this.#options
    this.#checkRoom()
    const machine = definition.machineOf.get(request.type)
    const command = machine?.commands.get(request.type)?.command
    if (!machine || !command || !isPublic(definition, request.type))
      throw new Failure('COMMAND_UNKNOWN', { hint: `${definition.name} has no command ${request.type}.` })
    checkKey(request.key)
    const checked = validateStrictly(command.schema, request.data)
    if (!checked.ok)
      throw new Failure('MESSAGE_INVALID', { message: request.type, problems: checked.problems })
    if (request.idempotencyKey === undefined) return this.#enqueue(machine, request, checked.value, undefined)
    return this.#once(machine, request, checked.value, request.idempotencyKey)
  }

  #checkRoom(): void {
    const closed = this.#options.closed()
    if (closed) throw closed
    if (this.#open >= this.#options.commandsMax)
      throw new Failure('OVERLOADED', {
        service: this.#options.definition.name,
        queued: this.#open,
        retryAfterMs: 1_000
      })
  }

  #enqueue(
    machine: StateMachineDefinition,
    request: CommandRequest,
    data: unknown,
    idempotency: { readonly key: string; readonly fingerprint: string } | undefined
  ): Promise<CommandAnswer> {
    const { ids, wake } = this.#options
    const id = ids.unique()
    const cause = {
      messageId: id,
      correlationId: request.correlationId ?? id,
      traceparent: traceOf(request.traceparent, ids)
    }
    this.#open += 1
    const answered = new Promise<CommandAnswer>((resolve, reject) => {
      this.#queue.push(
        new CommandWork(
          this.#arrived++,
          machine,
          { id, type: request.type, key: request.key, data },
          cause,
          idempotency,
          resolve,
          reject,
          (work) => this.#requeue(work)
        )
      )
      wake()
    })
    return answered.finally(() => {
      this.#open -= 1
    })
  }

  /** A command that lost to another writer is decided again on what is there now, before those that came later. */
  #requeue(work: CommandWork): void {
    this.#queue.push(work)
    this.#disordered = true
    this.#options.wake()
  }

  async #once(
    machine: StateMachineDefinition,
    request: CommandRequest,
    data: unknown,
    key: string
  ): Promise<CommandAnswer> {
    if (key.length === 0 || key.length > idempotencyKeyLengthMax)
      throw new Failure('KEY_INVALID', {
        hint: `An idempotency key has 1 to ${idempotencyKeyLengthMax} characters.`
      })
    const fingerprint = fingerprintOf({ type: request.type, key: request.key, data: request.data })
    const other = this.#inFlight.get(key)
    if (other !== undefined)
      throw new Failure(other === fingerprint ? 'IDEMPOTENCY_KEY_IN_FLIGHT' : 'IDEMPOTENCY_KEY_REUSED', {
        idempotencyKey: key
      })
    this.#inFlight.set(key, fingerprint)
    try {
      const stored = await this.#options.store.answer(key)
      if (!stored) {
        // While the answer was looked up, the queue may have filled or the service begun to stop.
        this.#checkRoom()
        return await this.#enqueue(machine, request, data, { key, fingerprint })
      }
      if (stored.fingerprint !== fingerprint)
        throw new Failure('IDEMPOTENCY_KEY_REUSED', { idempotencyKey: key })
      if ('refusal' in stored.outcome) return stored.outcome.refusal as CommandAnswer
      const { partition, position } = stored.outcome
      const [row] = await this.#options.store.read(partition, position - 1, 1)
      return acceptedAnswer(row as LogRow)
    } finally {
      this.#inFlight.delete(key)
    }
  }
}

function acceptedAnswer(row: LogRow): CommandAnswer {
  const { type, data, correlationId } = row
  const id = rowId(row)
  return { outcome: 'accepted', event: { type, id, data }, position: id, correlationId }
}
