import { publicCommands, type ServiceDefinition, type Unit } from '../core/index.ts'

/** One part of a service, by name. */
export interface UnitSummary {
  readonly name: string
  readonly kind: Unit['kind']
  /** What it takes: the commands of a machine that are not internal, for all others the events as `service/Type`. */
  readonly takes: readonly string[]
}

function takenBy(unit: Unit): Iterable<string> {
  if (unit.kind === 'state-machine') return publicCommands(unit)
  return unit.kind === 'process-manager' ? unit.routes.keys() : unit.rules.keys()
}

/** The parts of a service in the order of their declaration. */
export function unitSummaries({ units }: ServiceDefinition): readonly UnitSummary[] {
  return [...units.values()].map((unit) => ({ name: unit.name, kind: unit.kind, takes: [...takenBy(unit)] }))
}
