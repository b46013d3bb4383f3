import { checkName } from './contract.ts'
import { type Duration, durationMs } from './duration.ts'
import { fail } from './failure.ts'
import type { AnyEventType, CommandMessage, DataOf, EventType, OutgoingMessage } from './message.ts'
import type { MessageMeta } from './message-meta.ts'

/** Which instance an event belongs to. */
export type Correlate<Data> = (data: Data, meta: MessageMeta) => string

/** What an event means to a process: where it goes, and what the process keeps of it. */
export interface ProcessRoute {
  readonly event: EventType<string, unknown>
  readonly means: 'starts' | 'done' | 'failed' | 'undone' | 'cancels'
  /** The step it answers; undefined for the start and for cancelling. */
  readonly step: string | undefined
  readonly key: Correlate<unknown>
  readonly keep: ((kept: unknown, data: unknown, meta: MessageMeta) => unknown) | undefined
}

/** A step as data: what begins it, what undoes it, and how long its answer may take. */
export interface StepRule {
  readonly name: string
  /** Steps that must be done before this one begins. */
  readonly after: readonly string[]
  readonly send: ((kept: unknown) => CommandMessage) | undefined
  readonly undo: ((kept: unknown) => CommandMessage) | undefined
  /** True when an event confirms the undoing; the step before it is undone only then. */
  readonly undoConfirmed: boolean
  readonly timeoutMs: number | undefined
}

/** How a process ended without success. */
export interface ProcessFailure {
  readonly step: string | undefined
  readonly why: 'failed' | 'refused' | 'timeout' | 'cancelled'
  readonly reason: string
}

/** A declared process manager, as data. */
export interface ProcessManagerDefinition {
  readonly kind: 'process-manager'
  readonly name: string
  readonly steps: readonly StepRule[]
  readonly deadlineMs: number | undefined
  /** By `service/Type`; one event may mean several things. */
  readonly routes: ReadonlyMap<string, readonly ProcessRoute[]>
  readonly onCompleted: ((kept: unknown) => readonly OutgoingMessage[]) | undefined
  readonly onFailed: ((kept: unknown, failure: ProcessFailure) => readonly OutgoingMessage[]) | undefined
}

/** Describes one step; every call adds to it. */
export interface StepBuilder<Kept, Heard extends string = string> {
  /** The command that begins the step; without it the step only waits for its answer. Pure. */
  send(command: (kept: Kept) => CommandMessage): StepBuilder<Kept, Heard>
  /** The step is done when this event arrives; `keep` takes from it what later steps need. Pure. */
  doneBy<Event extends AnyEventType>(
    event: Event,
    key: Correlate<DataOf<Event>>,
    keep?: (kept: Kept, data: DataOf<Event>, meta: MessageMeta) => Kept
  ): StepBuilder<Kept, Heard | Event['type']>
  /** The step has failed when this event arrives; everything done before is undone. */
  failedBy<Event extends AnyEventType>(event: Event, key: Correlate<DataOf<Event>>): StepBuilder<Kept, Heard | Event['type']>
  /** Undoes the step when it is done and the process fails, also when its answer comes late. Pure. */
  undo(command: (kept: Kept) => CommandMessage): StepBuilder<Kept, Heard>
  /** The undoing is confirmed by this event; the step done before this one is undone only then. */
  undoneBy<Event extends AnyEventType>(event: Event, key: Correlate<DataOf<Event>>): StepBuilder<Kept, Heard | Event['type']>
  /** Without an answer for this long after it began, the step counts as failed. */
  timeout(duration: Duration): StepBuilder<Kept, Heard>
}

/** A process manager under construction; each call returns a new one. */
export interface ProcessManager<Kept, Steps extends string, Heard extends string = string> extends ProcessManagerDefinition {
  /** Declares a step. It begins when the steps named in `after` are done; without `after`, at the start. */
  step<const Name extends string, Answer extends string>(
    name: Name,
    describe: (step: StepBuilder<Kept, never>) => StepBuilder<Kept, Answer>,
    options?: { readonly after?: Steps | readonly Steps[] }
  ): ProcessManager<Kept, Steps | Name, Heard | Answer>
  /** Ends the process when this event arrives before it completed: everything done is undone. */
  cancelledBy<Event extends AnyEventType>(event: Event, key: Correlate<DataOf<Event>>): ProcessManager<Kept, Steps, Heard | Event['type']>
  /** The whole process may take this long; then it fails and everything done is undone. */
  deadline(duration: Duration): ProcessManager<Kept, Steps, Heard>
  /** What is said once, when every step is done. Pure. */
  completes(say: (kept: Kept) => OutgoingMessage | readonly OutgoingMessage[]): ProcessManager<Kept, Steps, Heard>
  /** What is said once, when the process has failed and everything is undone. Pure. */
  fails(say: (kept: Kept, failure: ProcessFailure) => OutgoingMessage | readonly OutgoingMessage[]): ProcessManager<Kept, Steps, Heard>
}

/** A process manager that does not know yet what starts it. */
export interface ProcessManagerStart {
  /** The event that starts an instance, the key of the instance, and what the instance keeps of it. */
  startsWith<Event extends AnyEventType, Kept = DataOf<Event>>(
    event: Event,
    key: Correlate<DataOf<Event>>,
    keep?: (data: DataOf<Event>, meta: MessageMeta) => Kept
  ): ProcessManager<Kept, never, Event['type']>
}

type Say<Context extends unknown[]> = (kept: unknown, ...context: Context) => OutgoingMessage | readonly OutgoingMessage[]

function asList<Context extends unknown[]>(say: Say<Context>): (kept: unknown, ...context: Context) => readonly OutgoingMessage[] {
  return (kept, ...context) => {
    const said = say(kept, ...context)
    return Array.isArray(said) ? said : [said as OutgoingMessage]
  }
}

type Routes = ProcessManagerDefinition['routes']

function addRoute(routes: Routes, route: ProcessRoute): Routes {
  const source = `${route.event.service}/${route.event.type}`
  return new Map(routes).set(source, [...(routes.get(source) ?? []), route])
}

/** The step and the routes that a description asks for. */
function describeStep(name: string, after: readonly string[], describe: (step: StepBuilder<unknown>) => unknown) {
  let rule: StepRule = { name, after, send: undefined, undo: undefined, undoConfirmed: false, timeoutMs: undefined }
  const routes: ProcessRoute[] = []
  type Keep = ProcessRoute['keep']
  const route = (means: ProcessRoute['means'], event: unknown, key: unknown, keep?: unknown) => {
    routes.push({ event: event as EventType<string, unknown>, means, step: name, key: key as Correlate<unknown>, keep: keep as Keep })
    return builder
  }
  const builder: StepBuilder<unknown> = {
    send: command => {
      rule = { ...rule, send: command }
      return builder
    },
    doneBy: (event, key, keep) => route('done', event, key, keep),
    failedBy: (event, key) => route('failed', event, key),
    undo: command => {
      rule = { ...rule, undo: command }
      return builder
    },
    undoneBy: (event, key) => {
      rule = { ...rule, undoConfirmed: true }
      return route('undone', event, key)
    },
    timeout: duration => {
      rule = { ...rule, timeoutMs: durationMs(duration) }
      return builder
    }
  }
  describe(builder)
  return { rule, routes }
}

function extend(definition: ProcessManagerDefinition): ProcessManager<unknown, string> {
  const { name, steps, routes } = definition
  return {
    ...definition,
    step(stepName, describe, options = {}) {
      if (steps.some(step => step.name === stepName))
        fail('DEFINITION_INVALID', { hint: `${name} declares the step '${stepName}' twice.` })
      const after = typeof options.after === 'string' ? [options.after] : (options.after ?? [])
      const described = describeStep(stepName, after, describe)
      if (!described.routes.some(route => route.means === 'done'))
        fail('DEFINITION_INVALID', { hint: `Step '${stepName}' of ${name} has no .doneBy(): it could never be done.` })
      return extend({ ...definition, steps: [...steps, described.rule], routes: described.routes.reduce(addRoute, routes) })
    },
    cancelledBy(event, key) {
      const route = { event, means: 'cancels', step: undefined, key, keep: undefined } as unknown as ProcessRoute
      return extend({ ...definition, routes: addRoute(routes, route) })
    },
    deadline: duration => extend({ ...definition, deadlineMs: durationMs(duration) }),
    completes: say => extend({ ...definition, onCompleted: asList(say) }),
    fails: say => extend({ ...definition, onFailed: asList(say) })
  }
}

/** Starts a process manager: a state machine fed by the events of several services, one instance per key. */
export function processManager(name: string): ProcessManagerStart {
  checkName('Process manager', name)
  return {
    startsWith<Event extends AnyEventType, Kept>(
      event: Event,
      key: Correlate<DataOf<Event>>,
      keep?: (data: DataOf<Event>, meta: MessageMeta) => Kept
    ): ProcessManager<Kept, never, Event['type']> {
      const take = keep as ((data: unknown, meta: MessageMeta) => unknown) | undefined
      const route = {
        event,
        means: 'starts',
        step: undefined,
        key,
        keep: (_kept: unknown, data: unknown, meta: MessageMeta) => (take ? take(data, meta) : data)
      } as unknown as ProcessRoute
      const definition: ProcessManagerDefinition = {
        kind: 'process-manager',
        name,
        steps: [],
        deadlineMs: undefined,
        routes: addRoute(new Map(), route),
        onCompleted: undefined,
        onFailed: undefined
      }
      return extend(definition) as unknown as ProcessManager<Kept, never, Event['type']>
    }
  }
}
