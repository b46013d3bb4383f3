import {
  checkKey,
  Failure,
  fingerprintOf,
  isPublic,
  type ServiceDefinition,
  type StateMachineDefinition,
  toFailure,
  validateStrictly
} from '../core/index.ts'
import type { Clock, Ids, LogRow, Store } from '../ports/index.ts'
import { isArchived } from './archived-log.ts'
import { acceptedAnswer, CommandWork, type Idempotency } from './command-work.ts'
import type { CommandAnswer, CommandRequest } from './running.ts'
import { traceOf } from './trace.ts'
import type { Work } from './work.ts'

const idempotencyKeyLengthMax = 255

/** What a service needs of its intake. */
export interface IntakeOptions {
  readonly definition: ServiceDefinition
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly commandsMax: number
  /** Other instances take commands too. */
  readonly shared: boolean
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
  /** Commands whose answer is looked up before they are decided again. */
  #looking = 0

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  get queued(): number {
    return this.#queue.length + this.#looking
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
    idempotency: Idempotency | undefined
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
        new CommandWork({
          number: this.#arrived++,
          machine,
          command: { id, type: request.type, key: request.key, data },
          cause,
          idempotency,
          resolve,
          reject,
          again: (work) => this.#again(work)
        })
      )
      wake()
    })
    return answered.finally(() => {
      this.#open -= 1
    })
  }

  /** The other writer may have been the same request at another instance: then its answer is this one's. */
  #again(work: CommandWork): void {
    const { idempotency } = work
    if (!idempotency || !this.#options.shared) {
      this.#requeue(work)
      return
    }
    this.#looking += 1
    this.#answer(idempotency)
      .then(
        (answer) => (answer ? work.end({ answer }) : this.#requeue(work)),
        (thrown: unknown) => work.end({ failure: toFailure(thrown) })
      )
      .finally(() => {
        this.#looking -= 1
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
      const stored = await this.#answer({ key, fingerprint })
      if (stored) return stored
      // While the answer was looked up, the queue may have filled or the service begun to stop.
      this.#checkRoom()
      return await this.#enqueue(machine, request, data, { key, fingerprint })
    } finally {
      this.#inFlight.delete(key)
    }
  }

  /** The stored answer to a request, if there is one. Fails when its key was used for another. */
  async #answer({ key, fingerprint }: Idempotency): Promise<CommandAnswer | undefined> {
    const stored = await this.#options.store.answer(key)
    if (!stored) return undefined
    if (stored.fingerprint !== fingerprint)
      throw new Failure('IDEMPOTENCY_KEY_REUSED', { idempotencyKey: key })
    if ('refusal' in stored.outcome) return stored.outcome.refusal as CommandAnswer
    const { partition, position } = stored.outcome
    const [row] = await this.#options.store.read(partition, position - 1, 1).catch((thrown: unknown) => {
      if (!isArchived(thrown)) throw thrown
      const { name } = this.#options.definition
      const hint = `The command with the idempotency key '${key}' took effect as ${name}:${partition}:${position}, and its event is archived; it is not done again.`
      throw new Failure('LOG_ARCHIVED', { hint, idempotencyKey: key }, thrown)
    })
    return acceptedAnswer(row as LogRow)
  }
}
