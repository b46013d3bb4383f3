import type { AnyCommandType, AnyEventType, DataOf, MessageMeta, OutgoingMessage, Refusal } from 'skerry'

/** A message as a switch sees it: `type` tells the cases apart. */
export type CommandOf<Type extends AnyCommandType> = Type extends AnyCommandType
  ? { readonly type: Type['type']; readonly key: string; readonly data: DataOf<Type> }
  : never
export type EventOf<Type extends AnyEventType> = Type extends AnyEventType
  ? { readonly type: Type['type']; readonly data: DataOf<Type> }
  : never

export interface Context {
  readonly key: string
  readonly nowMs: number
}

/** Two functions and the lists of what they take, which the platform cannot read off a function. */
export interface Decider<State, Command extends AnyCommandType, Event extends AnyEventType> {
  readonly name: string
  readonly initial: State
  readonly commands: readonly Command[]
  readonly events: readonly Event[]
  readonly decide: (
    state: State,
    command: CommandOf<Command>,
    context: Context
  ) => ReturnType<Event> | Refusal
  readonly evolve: (state: State, event: EventOf<Event>, meta: MessageMeta) => State
}

export function stateMachine<State, Command extends AnyCommandType, Event extends AnyEventType>(
  decider: Decider<State, Command, Event>
) {
  return { kind: 'state-machine' as const, ...decider }
}

export type Timer = { readonly timer: string; readonly hours: number } | { readonly cancelTimer: string }

/** What happens to a process: an event, a timer, or the refusal of a command it sent. */
export type Happening<Event extends AnyEventType> =
  | EventOf<Event>
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'refused'; readonly command: string; readonly reason: string }

export interface Outcome<State> {
  readonly state: State
  readonly say?: readonly OutgoingMessage[]
  readonly timers?: readonly Timer[]
}

export interface Workflow<State, Event extends AnyEventType> {
  readonly name: string
  readonly initial: State
  readonly events: readonly Event[]
  readonly key: (event: EventOf<Event>) => string
  readonly react: (state: State, happening: Happening<Event>) => Outcome<State>
}

export function processManager<State, Event extends AnyEventType>(workflow: Workflow<State, Event>) {
  return { kind: 'process-manager' as const, ...workflow }
}

export interface View<Row, Event extends AnyEventType> {
  readonly name: string
  readonly initial: Row
  readonly indexes?: readonly (keyof Row & string)[]
  readonly events: readonly Event[]
  readonly keys: (event: EventOf<Event>) => string | readonly string[]
  readonly fold: (row: Row, event: EventOf<Event>, key: string) => Row | null
}

export function projection<Row, Event extends AnyEventType>(view: View<Row, Event>) {
  return { kind: 'projection' as const, ...view }
}

export function service(own: { readonly service: string }, units: readonly { readonly kind: string }[]) {
  return { own, units }
}
