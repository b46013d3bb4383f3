import {
  decide,
  type EventMessage,
  evolve,
  type HasStatus,
  type Refusal,
  type StateMachineDefinition
} from '../core/index.ts'
import type { Draft, Origin } from './draft.ts'
import type { Cause } from './trace.ts'

/** A command of a machine, validated and at its current version. */
export interface MachineCommand {
  readonly id: string
  readonly type: string
  readonly key: string
  readonly data: unknown
}

/** The event with its index in the batch, or the refusal. */
export type MachineOutcome =
  | { readonly event: EventMessage; readonly row: number }
  | { readonly refusal: Refusal }

/** The state of a machine's key in a turn. */
function machineState(draft: Draft, machine: StateMachineDefinition, key: string): HasStatus {
  const entry = draft.entry(machine.name, key)
  return entry.version === 0 ? machine.initial : (entry.data as HasStatus)
}

/** Decides a command within a turn: the event joins the log and the state changes, or nothing happens. */
export function applyCommand(
  draft: Draft,
  machine: StateMachineDefinition,
  command: MachineCommand,
  cause: Cause
): MachineOutcome {
  const { key } = command
  const state = machineState(draft, machine, key)
  const decision = decide(machine, state, command.type, command.data, {
    key,
    nowMs: draft.nowMs,
    commandId: command.id
  })
  if (decision.kind === 'refusal') return { refusal: decision }
  const meta = { key, timeMs: draft.nowMs, correlationId: cause.correlationId, causationId: cause.messageId }
  const next = evolve(machine, state, decision.type, decision.data, meta)
  const origin: Origin = { unit: machine.name, key, revision: machine.revision }
  draft.put(origin, next)
  return { event: decision, row: draft.say(origin, decision, cause) }
}
