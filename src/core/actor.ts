import type { EffectPolicy } from './effect-policy.ts'
import { eventName } from './event-name.ts'
import { fail } from './failure.ts'
import type { AnyEventType, DataOf, EventType } from './message.ts'
import type { MessageMeta } from './message-meta.ts'
import { checkName } from './name.ts'
import type { Projection } from './projection.ts'
import type { Reaction } from './reaction.ts'

/** What an effect may use beside its message. */
export interface EffectContext {
  /** The same on every attempt, also after a crash: hand it to the outside world. */
  readonly idempotencyKey: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly nowMs: number
  /** Aborted when the attempt has timed out or the service stops. */
  readonly signal: EffectSignal
  readonly meta: MessageMeta
  /** Rows of a projection of the same service, as far as it has come; keys without a row are left out. */
  rows<Row, Current>(
    projection: Projection<Row, Current>,
    keys: readonly string[]
  ): Promise<ReadonlyMap<string, Row>>
}

/** The platform's abort signal where there is one, so that it can be handed to `fetch`. */
export type EffectSignal = typeof globalThis extends {
  readonly AbortSignal: { readonly prototype: infer Signal }
}
  ? Signal
  : { readonly aborted: boolean }

/** A pure reaction: committed in the same transaction as the checkpoint. */
export interface ReactionRule {
  readonly mode: 'pure'
  readonly event: EventType<string, unknown>
  readonly react: (data: unknown, meta: MessageMeta) => Reaction
}

/** An outside effect: at least once, with an idempotency key; what it answers is committed once. */
export interface EffectRule {
  readonly mode: 'effect'
  readonly event: EventType<string, unknown>
  readonly key: (data: unknown, meta: MessageMeta) => string
  readonly policy: EffectPolicy
  readonly effect: (data: unknown, context: EffectContext) => Promise<Reaction>
  readonly fallback: ((data: unknown, meta: MessageMeta, reason: string) => Reaction) | undefined
}

/** A declared actor, as data. */
export interface ActorDefinition {
  readonly kind: 'actor'
  readonly name: string
  /** By `service/Type` of the event. */
  readonly rules: ReadonlyMap<string, ReactionRule | EffectRule>
}

/** Options of an effect. */
export interface EffectOptions<Data> extends EffectPolicy {
  /** Effects of one key run one after the other, in order. Default: the key of the event's entity. */
  readonly key?: (data: Data, meta: MessageMeta) => string
  /** When every attempt failed: what to say instead of parking the message. Pure. */
  readonly fallback?: (data: Data, meta: MessageMeta, reason: string) => Reaction
}

/** An actor under construction; each call returns a new one. */
export interface Actor<Heard extends string = string> extends ActorDefinition {
  /** Turns an event into other messages. Pure and exactly once. */
  on<Event extends AnyEventType>(
    event: Event,
    react: (data: DataOf<Event>, meta: MessageMeta) => Reaction
  ): Actor<Heard | Event['type']>
  /** Causes an outside effect for each event. At least once; the messages it resolves to are committed once. */
  effect<Event extends AnyEventType>(
    event: Event,
    options: EffectOptions<DataOf<Event>>,
    effect: (data: DataOf<Event>, context: EffectContext) => Promise<Reaction>
  ): Actor<Heard | Event['type']>
}

function extend(definition: ActorDefinition): Actor {
  const withRule = (rule: ReactionRule | EffectRule): Actor => {
    const source = eventName(rule.event)
    if (definition.rules.has(source))
      fail('DEFINITION_INVALID', { hint: `${definition.name} reacts to ${source} twice.` })
    return extend({ ...definition, rules: new Map(definition.rules).set(source, rule) })
  }
  const actor = {
    ...definition,
    on: (event: ReactionRule['event'], react: ReactionRule['react']) =>
      withRule({ mode: 'pure', event, react }),
    effect: (event: EffectRule['event'], options: EffectOptions<unknown>, effect: EffectRule['effect']) => {
      const { key = (_data: unknown, meta: MessageMeta) => meta.key, fallback, ...policy } = options
      return withRule({ mode: 'effect', event, key, policy, effect, fallback })
    }
  }
  return actor as unknown as Actor
}

/** Starts an actor: a stateless worker on messages. */
export function actor(name: string): Actor<never> {
  checkName('Actor', name)
  return extend({ kind: 'actor', name, rules: new Map() }) as Actor<never>
}
