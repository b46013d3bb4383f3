import type {
  AnyEventType,
  CommandMessage,
  CommandType,
  DataOf,
  EventMessage,
  EventType,
  MessageMeta,
  Refusal,
  Schema
} from 'skerry'
import { contract as started } from 'skerry'

type Schemas = Readonly<Record<string, Schema>>
type OutputOf<S> = S extends Schema<infer Data> ? Data : never
export type EventsOf<S extends Schemas> = {
  readonly [Type in keyof S & string]: EventType<Type, OutputOf<S[Type]>>
}
export type CommandsOf<S extends Schemas> = {
  readonly [Type in keyof S & string]: CommandType<Type, OutputOf<S[Type]>>
}

export interface LiteralContract<Events extends Schemas, Commands extends Schemas> {
  readonly service: string
  readonly events: EventsOf<Events>
  readonly commands: CommandsOf<Commands>
}

/** A contract as one literal. */
export function contract<
  Events extends Schemas = Record<never, never>,
  Commands extends Schemas = Record<never, never>
>(
  service: string,
  messages: { readonly events?: Events; readonly commands?: Commands }
): LiteralContract<Events, Commands> {
  const own = started(service)
  const events = Object.entries(messages.events ?? {}).map(([type, schema]) => [
    type,
    own.event(type, schema)
  ])
  const commands = Object.entries(messages.commands ?? {}).map(([type, schema]) => [
    type,
    own.command(type, schema)
  ])
  return { service, events: Object.fromEntries(events), commands: Object.fromEntries(commands) }
}

interface HasStatus {
  readonly status: string
}
type In<State extends HasStatus, Status> = State extends unknown
  ? State['status'] extends Status
    ? State
    : [State['status'] & Status] extends [never]
      ? never
      : State & { readonly status: Status }
  : never

type MessageOf<T> = T extends EventType<infer Type, infer Data> ? EventMessage<Type, Data> : never

interface Context {
  readonly key: string
  readonly nowMs: number
}

/** A state machine as one literal: by state, what it does with each command and each event. */
export interface MachineLiteral<State extends HasStatus, Events extends Schemas, Commands extends Schemas> {
  readonly name: string
  readonly initial: State
  readonly states: {
    readonly [Status in State['status']]: {
      readonly on?: {
        readonly [Type in keyof Commands & string]?: {
          readonly emits: (keyof Events & string) | readonly (keyof Events & string)[]
          readonly decide: (
            state: In<State, Status>,
            command: OutputOf<Commands[Type]>,
            context: Context
          ) => MessageOf<EventsOf<Events>[keyof Events & string]> | Refusal
        }
      }
      readonly evolve?: {
        readonly [Type in keyof Events & string]?: (
          state: In<State, Status>,
          event: OutputOf<Events[Type]>,
          meta: MessageMeta
        ) => State
      }
    }
  }
}

export function stateMachine<State extends HasStatus>() {
  return <Events extends Schemas, Commands extends Schemas>(
    own: LiteralContract<Events, Commands>,
    machine: MachineLiteral<State, Events, Commands>
  ) => ({ kind: 'state-machine' as const, service: own.service, machine })
}

/** An event and the instance it belongs to; a helper, because only a call ties the two together. */
export function by<Event extends AnyEventType>(event: Event, key: (data: DataOf<Event>) => string) {
  return { event, key }
}

/** An event, its instance, and what is kept of it. */
export function keeping<Event extends AnyEventType, Kept>(
  event: Event,
  key: (data: DataOf<Event>) => string,
  keep: (data: DataOf<Event>) => Partial<Kept>
) {
  return { event, key, keep }
}

interface Answer {
  readonly event: AnyEventType
  readonly key: (data: never) => string
}

/** A process manager as one literal. */
export interface ProcessLiteral<Kept, Step extends string> {
  readonly name: string
  readonly startsWith: Answer & { readonly keep: (data: never) => Kept }
  readonly steps: {
    readonly [Name in Step]: {
      readonly after?: NoInfer<Step> | readonly NoInfer<Step>[]
      readonly send?: (kept: Kept) => CommandMessage
      readonly doneBy: Answer & { readonly keep?: (data: never) => Partial<Kept> }
      readonly failedBy?: Answer
      readonly undo: ((kept: Kept) => CommandMessage) | 'stays'
      readonly timeout?: { readonly hours: number }
    }
  }
  readonly cancelledBy?: Answer
  readonly fails?: (
    kept: Kept,
    failure: { readonly why: string; readonly reason: string }
  ) => readonly CommandMessage[]
}

export function processManager<Kept>() {
  return <const Step extends string>(process: ProcessLiteral<Kept, Step>) => ({
    kind: 'process-manager' as const,
    process
  })
}

type AnyContract = LiteralContract<Schemas, Schemas>
type Sources = Readonly<Record<string, { readonly events: unknown }>>

/** A projection as one literal: by service and event, which rows, and how they change. */
export interface ProjectionLiteral<Row, From extends Sources> {
  readonly name: string
  readonly from: From
  readonly initial: Row
  readonly indexes?: readonly (keyof Row & string)[]
  readonly on: {
    readonly [Service in keyof From]?: {
      readonly [Type in keyof From[Service]['events']]?: {
        readonly key: (event: DataOf<From[Service]['events'][Type]>) => string | readonly string[]
        readonly reads?: readonly (keyof DataOf<From[Service]['events'][Type]>)[]
        readonly fold: (row: Row, event: DataOf<From[Service]['events'][Type]>, key: string) => Row | null
      }
    }
  }
}

export function projection<Row>() {
  return <From extends Sources>(literal: ProjectionLiteral<Row, From>) => ({
    kind: 'projection' as const,
    literal
  })
}

/** A service as one literal. */
export function service(own: Pick<AnyContract, 'service'>, units: readonly { readonly kind: string }[]) {
  return { own, units }
}
