import { type CommandMessage, deadlineTimer, stepTimer } from '../core/index.ts'

/** A timer that fires before its answer came; without a step it is the deadline of the whole process. */
export interface FiredTimer<Step extends string = string> {
  readonly kind: 'timer'
  readonly name: string
  readonly step: Step | undefined
}

/** The refusal of a command that the process sent. */
export interface RefusedCommand {
  readonly kind: 'refused'
  readonly service: string
  readonly type: string
  readonly code: string
  readonly reason: string
}

/** The answer to a step does not come in time: the clock of the scenario moves to its timeout. */
export function timeout<const Step extends string>(step: Step): FiredTimer<Step> {
  return { kind: 'timer', name: stepTimer(step), step }
}

/** The whole process takes too long: the clock of the scenario moves to its deadline. */
export function deadline(): FiredTimer<never> {
  return { kind: 'timer', name: deadlineTimer, step: undefined }
}

/** The service that was sent this command refuses it: `refused(ChargeCustomer, 'card-declined')`. */
export function refused(
  command: Pick<CommandMessage, 'kind' | 'service' | 'type'>,
  code: string,
  reason = 'refused in the scenario'
): RefusedCommand {
  return { kind: 'refused', service: command.service, type: command.type, code, reason }
}
