import { type Duration, durationMs } from './duration.ts'
import { eventName } from './event-name.ts'
import { fail } from './failure.ts'
import type { AnyEventType, DataOf, OutgoingMessage } from './message.ts'
import type { MessageMeta } from './message-meta.ts'
import { checkName } from './name.ts'
import type {
  Correlate,
  ProcessFailure,
  ProcessManagerDefinition,
  ProcessRoute
} from './process-definition.ts'
import { messagesOf } from './reaction.ts'
import {
  describeStep,
  type KeptAfter,
  type KeptWith,
  type KnownSteps,
  type NoFields,
  type StepBuilder
} from './step-builder.ts'

/** A process manager under construction; each call returns a new one. */
export interface ProcessManager<Kept, Known extends KnownSteps, Heard extends string = string>
  extends ProcessManagerDefinition {
  /** Declares a step: what it comes after, what begins it, what ends it, and what undoes it. */
  step<const Name extends string, Begun = Kept, Answer extends string = never, Added = NoFields>(
    name: Name,
    describe: (step: StepBuilder<Kept, Known, Kept, never>) => StepBuilder<Kept, Known, Begun, Answer, Added>
  ): ProcessManager<Kept, Known & Readonly<Record<Name, KeptWith<Begun, Added>>>, Heard | Answer>
  /** Ends the process when this event arrives before it completed: everything done is undone. */
  cancelledBy<Event extends AnyEventType>(
    event: Event,
    key: Correlate<DataOf<Event>>
  ): ProcessManager<Kept, Known, Heard | Event['type']>
  /** The whole process may take this long; then it fails and everything done is undone. */
  deadline(duration: Duration): ProcessManager<Kept, Known, Heard>
  /** What is said once, when every step is done. Pure. */
  completes(
    say: (kept: KeptWith<Kept, KeptAfter<Known, keyof Known>>) => OutgoingMessage | readonly OutgoingMessage[]
  ): ProcessManager<Kept, Known, Heard>
  /** What is said once, when the process has failed and everything is undone. Pure. */
  fails(
    say: (
      kept: KeptWith<Kept, Partial<KeptAfter<Known, keyof Known>>>,
      failure: ProcessFailure
    ) => OutgoingMessage | readonly OutgoingMessage[]
  ): ProcessManager<Kept, Known, Heard>
}

/** A process manager that does not know yet what starts it. */
export interface ProcessManagerStart {
  /** The event that starts an instance, the key of the instance, and what the instance keeps of it. */
  startsWith<Event extends AnyEventType, Kept = DataOf<Event>>(
    event: Event,
    key: Correlate<DataOf<Event>>,
    keep?: (data: DataOf<Event>, meta: MessageMeta) => Kept
  ): ProcessManager<Kept, NoFields, Event['type']>
}

type Say<Context extends unknown[]> = (
  kept: unknown,
  ...context: Context
) => OutgoingMessage | readonly OutgoingMessage[]

function asList<Context extends unknown[]>(
  say: Say<Context>
): (kept: unknown, ...context: Context) => readonly OutgoingMessage[] {
  return (kept, ...context) => messagesOf(say(kept, ...context))
}

type Routes = ProcessManagerDefinition['routes']

function addRoute(routes: Routes, route: ProcessRoute): Routes {
  const source = eventName(route.event)
  return new Map(routes).set(source, [...(routes.get(source) ?? []), route])
}

function extend(definition: ProcessManagerDefinition): unknown {
  const { name, steps, routes } = definition
  const once = (part: string, taken: boolean, change: Partial<ProcessManagerDefinition>): unknown => {
    if (taken) fail('DEFINITION_INVALID', { hint: `${name} has two .${part}().` })
    return extend({ ...definition, ...change })
  }
  return {
    ...definition,
    step(stepName: string, describe: (step: never) => unknown) {
      if (steps.some((step) => step.name === stepName))
        fail('DEFINITION_INVALID', { hint: `${name} declares the step '${stepName}' twice.` })
      const described = describeStep(name, stepName, describe)
      return extend({
        ...definition,
        steps: [...steps, described.rule],
        routes: described.routes.reduce(addRoute, routes)
      })
    },
    cancelledBy(event: ProcessRoute['event'], key: ProcessRoute['key']) {
      const meanings = routes.get(eventName(event)) ?? []
      if (meanings.some(({ means }) => means === 'starts' || means === 'cancels'))
        fail('DEFINITION_INVALID', { hint: `${name} is started or cancelled by ${event.type} already.` })
      const route: ProcessRoute = { event, means: 'cancels', step: undefined, key, keep: undefined }
      return extend({ ...definition, routes: addRoute(routes, route) })
    },
    deadline(duration: Duration) {
      const deadlineMs = durationMs(duration)
      if (!(deadlineMs > 0))
        fail('DEFINITION_INVALID', { hint: `${name} has a deadline of ${deadlineMs} ms.` })
      return once('deadline', definition.deadlineMs !== undefined, { deadlineMs })
    },
    completes: (say: Say<[]>) =>
      once('completes', definition.onCompleted !== undefined, { onCompleted: asList(say) }),
    fails: (say: Say<[ProcessFailure]>) =>
      once('fails', definition.onFailed !== undefined, { onFailed: asList(say) })
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
    ): ProcessManager<Kept, NoFields, Event['type']> {
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
      return extend(definition) as ProcessManager<Kept, NoFields, Event['type']>
    }
  }
}
