import type { Actor, EffectSignal, EventMessage, OutgoingMessage } from '../core/index.ts'
import { ruleOf, saidBy } from './actor-scenario.ts'
import { arrivingData, metaOf } from './check-message.ts'
import { calledBy, failScenario } from './scenario-failure.ts'
import { scenarioStartMs } from './scenario-start.ts'

/** What a test may fix for one attempt of an effect. */
export interface AttemptOptions {
  /** Default 1. */
  readonly attempt?: number
  /** Default `test:0:1`. */
  readonly idempotencyKey?: string
  /** Default: one that is never aborted. */
  readonly signal?: EffectSignal
  /** Rows of the service's own projections, by projection name and key. Default: none. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const unaborted = (): EffectSignal => {
  const { AbortController } = globalThis as unknown as {
    readonly AbortController?: new () => { readonly signal: EffectSignal }
  }
  return AbortController ? new AbortController().signal : ({ aborted: false } as EffectSignal)
}

/**
 * Makes one attempt of the outside effect that an actor has for this event, without timeout, retry or breaker, and
 * resolves to what it said, each message checked by its schema. What the effect throws comes through.
 */
export async function perform<Heard extends string>(
  actor: Actor<Heard>,
  event: EventMessage<Heard>,
  options: AttemptOptions = {}
): Promise<readonly OutgoingMessage[]> {
  const { attempt = 1, signal = unaborted() } = options
  const meta = Object.freeze(metaOf(event, 1, scenarioStartMs))
  const [rule, data] = calledBy(perform, () => {
    const found = ruleOf(actor, event)
    if (found.mode === 'pure') return failScenario(`${actor.name} has no outside effect for ${event.type}.`)
    return [found, arrivingData(event, found.event)] as const
  })
  const context = {
    idempotencyKey: options.idempotencyKey ?? meta.id,
    attempt,
    nowMs: scenarioStartMs,
    signal,
    meta,
    rows: async <Row>({ name }: { readonly name: string }, keys: readonly string[]) => {
      const rows = options.rows?.[name] ?? {}
      return new Map(keys.filter((key) => Object.hasOwn(rows, key)).map((key) => [key, rows[key] as Row]))
    }
  }
  const reaction = await rule.effect(data, context)
  return saidBy(actor, reaction)
}
