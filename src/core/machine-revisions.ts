import type { ServiceDefinition } from './service.ts'

/** The revisions that the state machines of a service have, by name. */
export function machineRevisions({ units }: Pick<ServiceDefinition, 'units'>): ReadonlyMap<string, number> {
  return new Map(
    [...units.values()].flatMap((unit) =>
      unit.kind === 'state-machine' ? [[unit.name, unit.revision] as const] : []
    )
  )
}
