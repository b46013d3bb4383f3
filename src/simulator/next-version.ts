import type { ProjectionDefinition, ServiceDefinition, SystemDefinition, Unit } from '../core/index.ts'
import type { Simulation } from './simulation.ts'

function raised(unit: Unit): Unit {
  return unit.kind === 'projection'
    ? ({ ...unit, revision: unit.revision + 1 } satisfies ProjectionDefinition)
    : unit
}

function nextService(service: ServiceDefinition): ServiceDefinition {
  const units = [...service.units].map(([name, unit]) => [name, raised(unit)] as const)
  return { ...service, units: new Map(units) }
}

/** The version that is rolled out: the one of the simulation, or the same system with its projections rebuilt. */
export function nextVersion<Outside>(
  { next }: Simulation<Outside>,
  system: SystemDefinition,
  outside: Outside
): SystemDefinition {
  if (next) return next(outside)
  const services = [...system.services].map(([name, service]) => [name, nextService(service)] as const)
  return { ...system, services: new Map(services) }
}
