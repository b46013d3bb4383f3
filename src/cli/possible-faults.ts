import { flowsOf, type SystemDefinition, type Unit } from '../core/index.ts'
import { allFaults, type FaultClass } from '../simulator/index.ts'

const ofMessages: readonly FaultClass[] = ['message-lost', 'message-duplicated', 'message-delayed']
const ofEffects: readonly FaultClass[] = ['effect-fails', 'effect-late', 'effect-hangs']

function hasEffect(unit: Unit): boolean {
  return unit.kind === 'actor' && [...unit.rules.values()].some(({ mode }) => mode === 'effect')
}

function hears(unit: Unit): boolean {
  if (unit.kind === 'state-machine') return false
  return unit.kind !== 'actor' || [...unit.rules.values()].some(({ mode }) => mode !== 'effect')
}

/** The kinds of faults that can happen in a system at all: a service that is alone has nobody to be cut off from. */
export function possibleFaults(system: SystemDefinition): readonly FaultClass[] {
  const services = [...system.services.values()]
  const units = services.flatMap((service) => [...service.units.values()])
  const isAlone = services.length === 1
  // Whom a process or an actor sends commands to is known only when it sends them.
  const sends = units.some(({ kind }) => kind === 'process-manager' || kind === 'actor')
  const crosses = !isAlone && (sends || flowsOf(system).some(({ from, to }) => from !== to))
  const impossible = new Set<FaultClass>([
    ...(isAlone ? (['one-way-partition'] as const) : []),
    ...(crosses ? [] : ofMessages),
    ...(units.some(hasEffect) ? [] : ofEffects),
    ...(units.some(hears) ? [] : (['poison-message'] as const))
  ])
  return allFaults.filter((kind) => !impossible.has(kind))
}
