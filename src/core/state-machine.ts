import { fail } from './failure.ts'
import { frozen } from './frozen.ts'
import type {
  AnyCommandType,
  AnyEventType,
  CommandType,
  DataOf,
  EventMessage,
  EventOf,
  EventType
} from './message.ts'
import type { EvolveMeta } from './message-meta.ts'
import { checkName } from './name.ts'
import type { Refusal } from './refusal.ts'

/** A state says by `status` which of the declared states it is in; everything in it is plain JSON. */
export interface HasStatus {
  readonly status: string
}

/** The members of a state union that are in one of the given statuses. */
export type InStatus<State extends HasStatus, Status extends string> = State extends unknown
  ? State['status'] extends Status
    ? State
    : [State['status'] & Status] extends [never]
      ? never
      : State & { readonly status: Status }
  : never

/** What a decision may use beside state and command: nothing else, or it could not be repeated. */
export interface DecideContext {
  /** The key of the entity that decides. */
  readonly key: string
  /** The time of this decision, in milliseconds since 1970. */
  readonly nowMs: number
  /** The id of the command: use it where a fresh id is needed. */
  readonly commandId: string
}

/** What an event does to the machine, as data: the event, the states it leads from (all when empty) and to. */
export interface EventRule {
  readonly event: EventType<string, unknown>
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly evolve: (state: HasStatus, data: unknown, meta: EvolveMeta) => HasStatus
}

/** A command of the machine as data: the states it is legal from and the events it may lead to. */
export interface CommandRule {
  readonly command: CommandType<string, unknown>
  readonly from: readonly string[]
  readonly emits: readonly string[]
  readonly decide: (state: HasStatus, data: unknown, context: DecideContext) => EventMessage | Refusal
}

/** A declared state machine: transition table and functions, as data. */
export interface StateMachineDefinition {
  readonly kind: 'state-machine'
  readonly name: string
  readonly initial: HasStatus
  /** Raise it when `evolve` changes meaning: at the next start the states are folded anew from the log. */
  readonly revision: number
  /** By type. */
  readonly events: ReadonlyMap<string, EventRule>
  /** By type. */
  readonly commands: ReadonlyMap<string, CommandRule>
}

/** The events declared so far: their type to the statuses it is legal from. */
export type KnownEvents = Readonly<Record<string, string>>

/** The event itself when it may be emitted from there; else a sentence that the editor shows. */
export type Emittable<Known extends KnownEvents, Event, From extends string> = Event extends {
  readonly type: infer Type extends string
}
  ? Type extends keyof Known
    ? [From] extends [Known[Type]]
      ? Event
      : `${Type} is not legal from '${Exclude<From, Known[Type]>}': see its .evolve()`
    : `${Type} has no .evolve() above this line`
  : Event

/** One event or a list of them, each of which may be emitted from there. */
export type AllEmittable<
  Known extends KnownEvents,
  Emits,
  From extends string
> = Emits extends readonly unknown[]
  ? { readonly [Index in keyof Emits]: Emittable<Known, Emits[Index], From> }
  : Emittable<Known, Emits, From>

/** What a decision may give: one of the events. */
export type EventsOf<Emits> = EventOf<Emits extends readonly (infer Event)[] ? Event : Emits>

/** A state machine under construction; each call returns a new one, so parts can be shared. */
export interface StateMachine<
  State extends HasStatus,
  Known extends KnownEvents,
  Handled extends string = string
> extends StateMachineDefinition {
  /**
   * Declares how an event changes the state. Pure. `from` narrows the state (all states when left out),
   * and the result must be in `to`.
   */
  evolve<
    Event extends AnyEventType,
    const To extends State['status'],
    const From extends State['status'] = State['status']
  >(
    event: Event,
    transition: { readonly from?: From | readonly From[]; readonly to: To | readonly To[] },
    evolve: (
      state: InStatus<State, From>,
      data: DataOf<Event>,
      meta: EvolveMeta
    ) => InStatus<State, NoInfer<To>>
  ): StateMachine<State, Known & Readonly<Record<Event['type'], From>>, Handled>

  /**
   * Declares a command: the states it is legal from, the events it may emit, and a pure decision that gives exactly
   * one of them or a refusal. From any other state the command is refused with the code `illegal-state`.
   */
  on<
    Command extends AnyCommandType,
    const From extends State['status'],
    const Emits extends AnyEventType | readonly [AnyEventType, ...AnyEventType[]]
  >(
    command: Command,
    transition: {
      readonly from: From | readonly From[]
      readonly emits: AllEmittable<Known, Emits, From>
    },
    decide: (
      state: InStatus<State, From>,
      command: DataOf<Command>,
      context: DecideContext
    ) => EventsOf<Emits> | Refusal
  ): StateMachine<State, Known, Handled | Command['type']>
}

/** Options of a state machine. */
export interface StateMachineOptions {
  readonly revision?: number
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function extend(definition: StateMachineDefinition): StateMachine<HasStatus, KnownEvents> {
  const { name, events, commands } = definition
  const machine = {
    ...definition,
    evolve(
      event: EventRule['event'],
      transition: { from?: string | string[]; to: string | string[] },
      evolve: EventRule['evolve']
    ) {
      if (events.has(event.type)) fail('DEFINITION_INVALID', { hint: `${name} evolves ${event.type} twice.` })
      const rule: EventRule = { event, from: listOf(transition.from), to: listOf(transition.to), evolve }
      return extend({ ...definition, events: new Map(events).set(event.type, rule) })
    },
    on(
      command: CommandRule['command'],
      transition: { from: string | string[]; emits: AnyEventType | readonly AnyEventType[] },
      decide: CommandRule['decide']
    ) {
      if (commands.has(command.type))
        fail('DEFINITION_INVALID', { hint: `${name} handles ${command.type} twice.` })
      const emitted = Array.isArray(transition.emits) ? transition.emits : [transition.emits]
      const emits = emitted.map((event: AnyEventType) => event.type)
      const rule: CommandRule = { command, from: listOf(transition.from), emits, decide }
      return extend({ ...definition, commands: new Map(commands).set(command.type, rule) })
    }
  }
  return machine as unknown as StateMachine<HasStatus, KnownEvents>
}

/** Starts a state machine: the state every entity is in before its first event. */
export function stateMachine<State extends HasStatus>(
  name: string,
  initial: State,
  options: StateMachineOptions = {}
  // biome-ignore lint/complexity/noBannedTypes: no event is known yet, and they are added by intersection.
): StateMachine<State, {}, never> {
  checkName('State machine', name)
  const revision = options.revision ?? 1
  const start: StateMachineDefinition = {
    kind: 'state-machine',
    name,
    // Every entity begins with it: one that changed it in place would change the others.
    initial: frozen(initial),
    revision,
    events: new Map(),
    commands: new Map()
  }
  // biome-ignore lint/complexity/noBannedTypes: as above.
  return extend(start) as unknown as StateMachine<State, {}, never>
}
