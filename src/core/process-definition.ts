import type { CommandMessage, EventType, OutgoingMessage } from './message.ts'
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
  /** Why a step failed, in words; when absent, the event is named. */
  readonly reason?: (data: unknown) => string
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
