import type { OutgoingMessage } from './message.ts'

/** A timer that a transition sets or cancels; one per unit, key and name. */
export type TimerChange =
  | { readonly name: string; readonly dueMs: number }
  | { readonly name: string; readonly cancel: true }

/** A message as a process says it: a command remembers the step that waits for its answer. */
export interface SaidMessage {
  readonly message: OutgoingMessage
  readonly step?: string
}
