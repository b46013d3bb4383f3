import { type Duration, durationMs } from './duration.ts'
import { fail } from './failure.ts'
import type { AnyEventType, CommandMessage, DataOf, EventType } from './message.ts'
import type { MessageMeta } from './message-meta.ts'
import { checkKebab } from './name.ts'
import type { Correlate, ProcessRoute, StepRule } from './process-definition.ts'

/** No field at all. */
export type NoFields = Readonly<Record<never, never>>

/** Both at once, without a trace of what adds nothing. */
export type KeptWith<Kept, Added> = unknown extends Added
  ? Kept
  : [keyof Added] extends [never]
    ? Kept
    : Kept & Added

/** By the name of each step: what is kept once it and all steps before it are done. */
export type KnownSteps = Readonly<Record<string, unknown>>

/** What is kept when several steps are done. */
export type KeptAfter<Known extends KnownSteps, Names extends keyof Known> = [Names] extends [never]
  ? unknown
  : { readonly [Name in Names]: (kept: Known[Name]) => void }[Names] extends (kept: infer All) => void
    ? All
    : never

/**
 * Describes one step; every call adds to it. `Kept` is what the start gave, `Known` the steps declared above, `Begun`
 * what is kept when the step begins, `Added` what its own answer adds.
 */
export interface StepBuilder<
  Kept,
  Known extends KnownSteps,
  Begun = Kept,
  Heard extends string = string,
  Added = unknown
> {
  /** The step begins when these steps, and all that come before them, are done; without it, at the start. */
  after<Names extends keyof Known & string>(
    ...names: readonly Names[]
  ): StepBuilder<Kept, Known, KeptWith<Begun, KeptAfter<Known, Names>>, Heard, Added>
  /** The command that begins the step; without it the step only waits for its answer. Pure. */
  send(command: (kept: Begun) => CommandMessage): StepBuilder<Kept, Known, Begun, Heard, Added>
  /**
   * The step is done when this event arrives, also before it began; then its command is not sent. What `keep` gives is
   * added to what the process keeps, for the undoing of this step and for the steps after it. Pure.
   */
  doneBy<Event extends AnyEventType, More extends object = NoFields>(
    event: Event,
    key: Correlate<DataOf<Event>>,
    keep?: (kept: Kept, data: DataOf<Event>, meta: MessageMeta) => More
  ): StepBuilder<Kept, Known, Begun, Heard | Event['type'], unknown extends Added ? More : Added | More>
  /**
   * The step has failed when this event arrives; everything done before is undone. `reason` says in words why, for what
   * is said in the end; without it the event is named. Pure.
   */
  failedBy<Event extends AnyEventType>(
    event: Event,
    key: Correlate<DataOf<Event>>,
    reason?: (data: DataOf<Event>) => string
  ): StepBuilder<Kept, Known, Begun, Heard | Event['type'], Added>
  /** Undoes the step when it is done and the process fails, also when its answer comes late. Pure. */
  undo(
    command: (kept: KeptWith<Kept, Added>) => CommandMessage
  ): StepBuilder<Kept, Known, Begun, Heard, Added>
  /** What the step did may stay when the process fails. A step that sends a command says this or `.undo()`. */
  stays(): StepBuilder<Kept, Known, Begun, Heard, Added>
  /** The undoing is confirmed by this event; the step done before this one is undone only then. */
  undoneBy<Event extends AnyEventType>(
    event: Event,
    key: Correlate<DataOf<Event>>
  ): StepBuilder<Kept, Known, Begun, Heard | Event['type'], Added>
  /** Without an answer for this long after it began, the step counts as failed. */
  timeout(duration: Duration): StepBuilder<Kept, Known, Begun, Heard, Added>
}

type Keep = NonNullable<ProcessRoute['keep']>
type Reason = NonNullable<ProcessRoute['reason']>

/** A step as data, and the events that answer it. */
export interface DescribedStep {
  readonly rule: StepRule
  readonly routes: readonly ProcessRoute[]
}

interface Draft {
  rule: StepRule
  stays: boolean
  readonly routes: ProcessRoute[]
}

/** What `keep` gives joins what is kept already. */
function adding(keep: Keep | undefined): Keep | undefined {
  return keep && ((kept, data, meta) => ({ ...(kept as object), ...(keep(kept, data, meta) as object) }))
}

function builderOf(draft: Draft, where: string): unknown {
  const once = (part: string, taken: boolean, change: Partial<StepRule>): unknown => {
    if (taken) fail('DEFINITION_INVALID', { hint: `${where} has two .${part}().` })
    draft.rule = { ...draft.rule, ...change }
    return builder
  }
  const hear = (
    means: ProcessRoute['means'],
    event: EventType<string, unknown>,
    key: Correlate<unknown>,
    more: { readonly keep?: Keep | undefined; readonly reason?: Reason | undefined } = {}
  ): unknown => {
    const other = draft.routes.find((route) => route.event === event)
    if (other)
      fail('DEFINITION_INVALID', {
        hint: `${where} takes ${event.type} as '${other.means}' and as '${means}'.`
      })
    const { keep, reason } = more
    const route = { event, means, step: draft.rule.name, key, keep: adding(keep) }
    draft.routes.push(reason === undefined ? route : { ...route, reason })
    return builder
  }
  const builder = {
    after(...names: readonly string[]) {
      draft.rule = { ...draft.rule, after: [...draft.rule.after, ...names] }
      return builder
    },
    send: (send: NonNullable<StepRule['send']>) => once('send', draft.rule.send !== undefined, { send }),
    undo: (undo: NonNullable<StepRule['undo']>) => once('undo', draft.rule.undo !== undefined, { undo }),
    stays() {
      draft.stays = true
      return builder
    },
    timeout(duration: Duration) {
      const timeoutMs = durationMs(duration)
      if (!(timeoutMs > 0)) fail('DEFINITION_INVALID', { hint: `${where} has a timeout of ${timeoutMs} ms.` })
      return once('timeout', draft.rule.timeoutMs !== undefined, { timeoutMs })
    },
    doneBy: (event: ProcessRoute['event'], key: ProcessRoute['key'], keep?: Keep) =>
      hear('done', event, key, { keep }),
    failedBy: (event: ProcessRoute['event'], key: ProcessRoute['key'], reason?: Reason) =>
      hear('failed', event, key, { reason }),
    undoneBy(event: ProcessRoute['event'], key: ProcessRoute['key']) {
      draft.rule = { ...draft.rule, undoConfirmed: true }
      return hear('undone', event, key)
    }
  }
  return builder
}

/** The step that a description asks for. Fails with `DEFINITION_INVALID` when it could never be done or undone. */
export function describeStep(
  process: string,
  name: string,
  describe: (step: never) => unknown
): DescribedStep {
  checkKebab('Step', name)
  const where = `Step '${name}' of ${process}`
  const rule = {
    name,
    after: [],
    send: undefined,
    undo: undefined,
    undoConfirmed: false,
    timeoutMs: undefined
  }
  const draft: Draft = { rule, stays: false, routes: [] }
  describe(builderOf(draft, where) as never)
  if (!draft.routes.some((route) => route.means === 'done'))
    fail('DEFINITION_INVALID', { hint: `${where} has no .doneBy(): it could never be done.` })
  if (draft.rule.undoConfirmed && !draft.rule.undo)
    fail('DEFINITION_INVALID', { hint: `${where} has .undoneBy() but no .undo(): nothing would be undone.` })
  const { send, undo } = draft.rule
  if (send && !undo && !draft.stays)
    fail('DEFINITION_INVALID', {
      hint: `${where} sends a command that nothing undoes when the process fails: add .undo(), or .stays() if what it did may stay.`
    })
  if (undo && draft.stays) fail('DEFINITION_INVALID', { hint: `${where} has both .undo() and .stays().` })
  return draft
}
