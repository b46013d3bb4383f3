import { flowsOf } from './flows.ts'
import type { ServiceDefinition, SystemDefinition } from './service.ts'

/**
 * Services that may say something to this one by name. Commands are made by process managers and actors, and
 * refusals answer the commands of process managers.
 */
export function inboxSources(system: SystemDefinition, definition: ServiceDefinition): readonly string[] {
  const asks = [...definition.units.values()].some((unit) => unit.kind === 'process-manager')
  const speaks = (service: ServiceDefinition): boolean =>
    asks ||
    [...service.units.values()].some((unit) => unit.kind === 'process-manager' || unit.kind === 'actor')
  return [...system.services.values()].filter(speaks).map((service) => service.name)
}

/** The services that read the log of this one, itself left out. */
export function listenersOf(system: SystemDefinition, name: string): readonly string[] {
  const hearing = new Set(flowsOf(system).flatMap(({ from, to }) => (from === name ? [to] : [])))
  return [...system.services.values()]
    .filter((service) => service.name !== name)
    .filter((service) => hearing.has(service.name) || inboxSources(system, service).includes(name))
    .map((service) => service.name)
}
