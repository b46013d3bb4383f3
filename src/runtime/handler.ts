import type { AnyCommandType, AnyEventType, EffectRule, MessageMeta } from '../core/index.ts'
import type { LogRow } from '../ports/index.ts'
import { rowId } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import type { Need } from './work.ts'

/** What one message asks of a handler: which states it needs, and the transition itself. */
export interface Plan {
  /** Names the states that must be at hand. */
  needs(need: Need): void
  /** The transition: pure, all or nothing. May throw; then nothing has changed. */
  apply(draft: Draft): void
}

/** A subscriber: a part of the service, or its inbox. */
export interface Handler {
  readonly subscription: string
  /** The services it listens to. */
  readonly sources: readonly string[]
  /** Whether the message is any of its business. */
  wants(row: LogRow): boolean
  /** Messages with the same key are dealt with in order, and wait when an earlier one is parked. */
  orderKey(row: LogRow): string
  /** The declared type of a message that it wants; undefined when it is not a declared one. */
  typeOf(row: LogRow): AnyEventType | AnyCommandType | undefined
  /** Works out what the message asks; may throw what user code throws. */
  plan(row: LogRow): Plan
  /** Whether it reads a long history: it takes larger groups at a time. */
  readonly replays?: boolean
  /** For effects: the message is set aside as work for the rule, in order per key. */
  effectRule?(row: LogRow): EffectRule | undefined
}

/** What user code is told of a log row. */
export function metaOf(row: LogRow): MessageMeta {
  return {
    id: rowId(row),
    key: row.key,
    timeMs: row.timeMs,
    correlationId: row.correlationId,
    causationId: row.causationId
  }
}
