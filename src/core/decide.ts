import { fail } from './failure.ts'
import type { EventMessage } from './message.ts'
import type { EvolveMeta } from './message-meta.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { DecideContext, HasStatus, StateMachineDefinition } from './state-machine.ts'

/**
 * Decides a command: one event that is legal from this state, or a refusal. Pure. Fails with `DEFINITION_INVALID`
 * when the decision gives an event that its rule does not declare.
 */
export function decide(
  machine: StateMachineDefinition,
  state: HasStatus,
  type: string,
  data: unknown,
  context: DecideContext
): EventMessage | Refusal {
  const rule = machine.commands.get(type)
  if (!rule) return fail('COMMAND_UNKNOWN', { hint: `${machine.name} does not handle ${type}.` })
  if (!rule.from.includes(state.status)) {
    const legal = rule.from.map((status) => `'${status}'`).join(' or ')
    return refuse('illegal-state', `${type} needs ${machine.name} to be ${legal}; it is '${state.status}'.`, {
      status: state.status,
      legal: rule.from
    })
  }
  const decision = rule.decide(state, data, context)
  if (decision.kind === 'event' && !rule.emits.includes(decision.type))
    return fail('DEFINITION_INVALID', {
      hint: `${type} of ${machine.name} gave ${decision.type}; it declares ${rule.emits.join(', ')}.`
    })
  return decision
}

/** The state after an event of the machine. Pure: the same events give the same bytes everywhere. */
export function evolve(
  machine: StateMachineDefinition,
  state: HasStatus,
  type: string,
  data: unknown,
  meta: EvolveMeta
): HasStatus {
  const rule = machine.events.get(type)
  if (!rule) return fail('DEFINITION_INVALID', { hint: `${machine.name} has no .evolve() for ${type}.` })
  return rule.evolve(state, data, meta)
}
