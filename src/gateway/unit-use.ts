import { Failure, publicCommands, type ServiceDefinition, type Unit } from '../core/index.ts'

type Kind = Unit['kind']

const kindNames: Readonly<Record<Kind, readonly [one: string, several: string]>> = {
  'state-machine': ['a state machine', 'state machines'],
  'process-manager': ['a process manager', 'process managers'],
  projection: ['a projection', 'projections'],
  actor: ['an actor', 'actors']
}

/** Names in a sentence. */
export const listed = (names: Iterable<string>): string => [...names].join(', ') || 'none'

/** What can be done with a part of a service, and where. */
function useOf(service: string, unit: Unit): string {
  const address = `/${service}/${unit.name}`
  const states = `GET /admin/${service}/entities/${unit.name}/<key>`
  switch (unit.kind) {
    case 'state-machine':
      return `It takes commands by POST ${address}/<key>/<Command>: ${listed(publicCommands(unit))}. To read it, fold its events into a projection; ${states} shows its state.`
    case 'process-manager':
      return `It is fed by events and takes nothing from outside; ${states} shows its state.`
    case 'projection':
      return `It is read by GET ${address} and GET ${address}/<key>, and is fed by events.`
    case 'actor':
      return 'It is fed by events, takes nothing from outside, and keeps nothing that could be read.'
  }
}

/** What a part is that an address names, and what can be done with it; `undefined` when there is none. */
export function unitUse(definition: ServiceDefinition | undefined, name: string): string | undefined {
  const unit = definition?.units.get(name)
  return (
    definition &&
    unit &&
    `${definition.name}/${name} is ${kindNames[unit.kind][0]}. ${useOf(definition.name, unit)}`
  )
}

/** Why an address needs a part of another name or kind: what the named one is, or which there are. */
export function unitFailure(definition: ServiceDefinition, name: string, ...kinds: readonly Kind[]): Failure {
  const there = (kind: Kind): string => {
    const names = [...definition.units.values()].filter((unit) => unit.kind === kind).map((unit) => unit.name)
    return `The ${kindNames[kind][1]} of ${definition.name} are ${listed(names)}.`
  }
  return new Failure('UNIT_UNKNOWN', { hint: unitUse(definition, name) ?? kinds.map(there).join(' ') })
}
