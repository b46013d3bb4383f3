import type { EventType } from './message.ts'
import type { SystemDefinition, Unit } from './service.ts'

/** One event that one part of a service hears. */
export interface Flow {
  /** The service whose event it is; it need not be part of this system. */
  readonly from: string
  readonly event: string
  readonly version: number
  /** The service that hears it; the same as `from` when it listens to itself. */
  readonly to: string
  readonly unit: string
  readonly kind: Exclude<Unit['kind'], 'state-machine'>
  /** The fields it declares to read; all when undefined. */
  readonly reads: readonly string[] | undefined
}

interface Heard {
  readonly event: EventType<string, unknown>
  readonly reads?: readonly string[] | undefined
}

function heardBy(unit: Exclude<Unit, { readonly kind: 'state-machine' }>): readonly Heard[] {
  if (unit.kind !== 'process-manager') return [...unit.rules.values()]
  return [...unit.routes.values()].map((routes) => ({ event: (routes[0] as Heard).event }))
}

/**
 * Everything the services of a system hear of each other and of themselves, as their definitions say it: ordered by
 * the hearing service, its parts and their rules, as declared. Commands are not in it; which of them a process or an
 * actor sends is known when it sends them.
 */
export function flowsOf(system: SystemDefinition): readonly Flow[] {
  const flows: Flow[] = []
  for (const service of system.services.values())
    for (const unit of service.units.values()) {
      if (unit.kind === 'state-machine') continue
      for (const { event, reads } of heardBy(unit))
        flows.push({
          from: event.service,
          event: event.type,
          version: event.version,
          to: service.name,
          unit: unit.name,
          kind: unit.kind,
          reads
        })
    }
  return flows
}
