import type { MessageMeta } from './message-meta.ts'
import type { SaidMessage, TimerChange } from './outcome.ts'
import type { ProcessFailure, ProcessRoute } from './process-definition.ts'

/** Where one step of one process stands. */
export type StepStatus =
  | 'waiting'
  | 'begun'
  | 'done'
  | 'failed'
  | 'timed-out'
  | 'undoing'
  | 'undone'
  /** It was done, the process failed, and nothing undoes it: what it did stays. */
  | 'stays'
  /** The command that should have undone it was refused: somebody has to look at it. */
  | 'undo-refused'
  | 'skipped'

/** The state of one process: what it keeps, where each step stands, and how it ends. */
export interface ProcessState {
  readonly status: 'running' | 'compensating' | 'completed' | 'failed'
  readonly kept: unknown
  readonly steps: Readonly<Record<string, StepStatus>>
  /** Steps in the order in which they were done; compensation goes backwards through it. */
  readonly done: readonly string[]
  readonly failure?: ProcessFailure
}

/** What happens to a process: one of its events, the refusal of a command it sent, or a timer. */
export type ProcessInput =
  | {
      readonly kind: 'event'
      readonly route: ProcessRoute
      readonly data: unknown
      readonly meta: MessageMeta
    }
  | { readonly kind: 'refusal'; readonly step: string; readonly code: string; readonly reason: string }
  | { readonly kind: 'timer'; readonly name: string }

/** What came before the start, kept until the start arrives: events of several services have no order among them. */
export interface EarlyState {
  readonly status: 'early'
  readonly inputs: readonly {
    readonly type: string
    readonly means: ProcessRoute['means']
    readonly step: string | undefined
    readonly data: unknown
    readonly meta: MessageMeta
  }[]
}

/** A process as it is stored. */
export type StoredProcess = ProcessState | EarlyState

/** True for what is stored before the event that starts the process has come. */
export function isEarly(state: StoredProcess | undefined): state is EarlyState {
  return state?.status === 'early'
}

/** What a transition of a process gives; nothing changes when `changed` is false. */
export interface ProcessOutcome {
  readonly changed: boolean
  readonly state: StoredProcess | undefined
  readonly said: readonly SaidMessage[]
  readonly timers: readonly TimerChange[]
}

/** The name of the timer for a whole process. */
export const deadlineTimer = 'deadline'

/** The name of the timer for the answer to one step; a step may itself be called `deadline`. */
export function stepTimer(step: string): string {
  return `step:${step}`
}
