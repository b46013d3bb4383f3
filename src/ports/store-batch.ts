import type { Fence } from './leases.ts'
import type { BatchPosition, NewLogRow } from './log-row.ts'

/** A state to write: that of one key of one state machine or process manager. */
export interface StateWrite {
  readonly unit: string
  readonly key: string
  /** The version it was decided on (0: there was none); the commit fails with `VERSION_CONFLICT` if it is not that now. */
  readonly expected: number
  readonly version: number
  /** How many rows of the log unit and key have said so far, and the position of the last one. */
  readonly sequence: number
  readonly lastPosition: BatchPosition
  readonly revision: number
  readonly data: unknown
}

/** A row of a projection to write, or to remove when `data` is null. Writes of one key apply in their order. */
export interface ProjectionWrite {
  readonly projection: string
  readonly generation: number
  readonly key: string
  readonly data: unknown
}

/** A move of one subscription's checkpoint; fails with `CHECKPOINT_CONFLICT` if it does not stand at `from`. */
export interface CheckpointMove {
  readonly subscription: string
  readonly source: string
  readonly partition: number
  readonly from: number
  readonly to: number
  /** How many of the messages in between are dealt with by this commit; the others are parked by it. */
  readonly done: number
}

/** A timer to set (replacing the one of that name), or to remove. */
export interface TimerWrite {
  readonly unit: string
  readonly key: string
  readonly name: string
  readonly dueMs: number | 'cancel'
  /** For a timer that fires: it is removed only if it still is due at this time; else `VERSION_CONFLICT`. */
  readonly firedMs?: number
  readonly correlationId: string
  readonly traceparent: string
}

/** Why a message is parked: an effect to carry out, a retry to come, a place behind an earlier one, or the end. */
export type ParkedStatus = 'pending' | 'retrying' | 'behind' | 'dead'

/** A message that is set aside for one subscription, with the key by which the later ones wait. */
export interface ParkedWrite {
  readonly subscription: string
  readonly key: string
  readonly source: string
  readonly partition: number
  readonly position: number
  readonly status: ParkedStatus
  readonly attempts: number
  readonly dueMs: number
  readonly failure: string
  readonly parkedMs: number
  /** The message itself, as a log row, so that it can be shown and edited. */
  readonly message: unknown
}

/** A change of a parked message: another status, or `gone` when it is dealt with or discarded. */
export interface ParkedChange {
  readonly number: number
  /** The change holds only while the message is in this status and has had so many attempts; else `VERSION_CONFLICT`. */
  readonly expected: { readonly status: ParkedStatus; readonly attempts: number }
  readonly status: ParkedStatus | 'gone'
  readonly attempts: number
  readonly dueMs: number
  readonly failure: string
  /** A new message in place of the old one, after an edit. */
  readonly message?: unknown
}

/**
 * The answer to a command that carried an idempotency key: the row of this batch that it led to, by its index, or
 * the refusal. A key that is there already is a `VERSION_CONFLICT`.
 */
export interface AnswerWrite {
  readonly idempotencyKey: string
  readonly fingerprint: string
  readonly outcome: { readonly row: number } | { readonly refusal: unknown }
  readonly timeMs: number
}

/** Something a person did to the running system. */
export interface AuditWrite {
  readonly timeMs: number
  readonly action: string
  readonly subject: string
  readonly by: string
  readonly reason: string
  readonly details: unknown
}

/** Everything that one transaction writes. */
export interface Batch {
  readonly log: readonly NewLogRow[]
  readonly states: readonly StateWrite[]
  readonly projections: readonly ProjectionWrite[]
  readonly checkpoints: readonly CheckpointMove[]
  readonly timers: readonly TimerWrite[]
  readonly parked: readonly ParkedWrite[]
  readonly parkedChanges: readonly ParkedChange[]
  readonly answers: readonly AnswerWrite[]
  readonly audit: readonly AuditWrite[]
  /** The leases without which it must not be written: `LEASE_LOST` when one of them is not held under its epoch. */
  readonly fences: readonly Fence[]
  /** Leases whose holders are to hear that something of theirs has changed: see `HeldLease.changes`. */
  readonly touched: readonly string[]
}

/** A batch that writes nothing. */
export const emptyBatch: Batch = {
  log: [],
  states: [],
  projections: [],
  checkpoints: [],
  timers: [],
  parked: [],
  parkedChanges: [],
  answers: [],
  audit: [],
  fences: [],
  touched: []
}
