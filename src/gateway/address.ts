import {
  Failure,
  isPublic,
  type ProjectionDefinition,
  publicCommands,
  type ServiceDefinition
} from '../core/index.ts'
import type { RunningService, RunningSystem } from '../runtime/index.ts'
import { listed, unitFailure } from './unit-use.ts'

/** The service of that name, or the names that there are. */
export function serviceNamed({ services }: Pick<RunningSystem, 'services'>, name: string): RunningService {
  const service = services.get(name)
  if (service) return service
  throw new Failure('SERVICE_UNKNOWN', { hint: `Here are ${listed(services.keys())}.` })
}

/** Refuses a machine that the service does not have, and a command that the machine does not take. */
export function checkCommand(definition: ServiceDefinition, machine: string, command: string): void {
  const unit = definition.units.get(machine)
  if (unit?.kind !== 'state-machine') throw unitFailure(definition, machine, 'state-machine')
  if (!unit.commands.has(command) || !isPublic(definition, command))
    throw new Failure('COMMAND_UNKNOWN', {
      hint: `${definition.name}/${machine} takes ${listed(publicCommands(unit))}.`
    })
}

/** The projection of that name, or the names that there are. */
export function projectionNamed(definition: ServiceDefinition, projection: string): ProjectionDefinition {
  const unit = definition.units.get(projection)
  if (unit?.kind === 'projection') return unit
  throw unitFailure(definition, projection, 'projection')
}

/** A whole number of at least `least` in a query, `otherwise` when it is left out. */
export function numberOf(
  query: URLSearchParams,
  name: string,
  bounds: { readonly least: number; readonly most: number; readonly otherwise: number }
): number {
  const text = query.get(name)
  if (text === null) return bounds.otherwise
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= bounds.least && number <= bounds.most) return number
  const problem = `It is a whole number from ${bounds.least} to ${bounds.most}.`
  throw new Failure('QUERY_INVALID', {
    hint: `${name}: ${problem}`,
    problems: [{ parameter: name, problem }]
  })
}
