import { fail } from './failure.ts'
import { markMadeBy } from './made-by.ts'
import type { CommandMessage, CommandType, EventMessage, EventType, QueryType, Upcaster } from './message.ts'
import type { Schema } from './schema.ts'

/** Version 1 needs nothing more; a later version says how the data of each earlier one becomes the next. */
export interface VersionOptions {
  readonly version?: number
  /** `upcast: { 1: toVersion2, 2: toVersion3 }`: every step from 1 up to the current version. */
  readonly upcast?: Readonly<Record<number, Upcaster>>
}

/** What a service lets others import: the types of its events, commands and queries. */
export interface Contract {
  readonly service: string
  readonly events: ReadonlyMap<string, EventType<string, never>>
  readonly commands: ReadonlyMap<string, CommandType<string, never>>
  readonly queries: ReadonlyMap<string, QueryType>
  /** Declares an event: past tense, unique within the contract. */
  event<Type extends string, Data>(type: Type, schema: Schema<Data>, options?: VersionOptions): EventType<Type, Data>
  /** Declares a command: imperative, unique within the contract. Unknown fields will be refused. */
  command<Type extends string, Data>(type: Type, schema: Schema<Data>, options?: VersionOptions): CommandType<Type, Data>
  /** Declares the row of a projection that others may rely on. */
  query<Name extends string, Row>(name: Name, schema: Schema<Row>): QueryType<Name, Row>
}

const typeName = /^[A-Z][A-Za-z0-9]{0,99}$/
const partName = /^[a-z][a-z0-9-]{0,62}$/
const reservedNames = new Set(['feed', 'admin', 'assets', 'health'])

/** Refuses a name that cannot stand in an address. */
export function checkName(what: string, name: string): void {
  if (!partName.test(name))
    fail('DEFINITION_INVALID', { hint: `${what} '${name}' must be kebab-case, such as 'order-history', 63 letters at most.` })
  if (reservedNames.has(name)) fail('DEFINITION_INVALID', { hint: `${what} '${name}' is a reserved name.` })
}

function checkType(service: string, what: string, type: string, taken: ReadonlyMap<string, unknown>): void {
  if (!typeName.test(type))
    fail('DEFINITION_INVALID', { hint: `${what} '${type}' of ${service} must be PascalCase, such as 'OrderAccepted'.` })
  if (taken.has(type)) fail('DEFINITION_INVALID', { hint: `${what} '${type}' is declared twice in the contract of ${service}.` })
}

function checkUpcasters(type: string, version: number, upcasters: Readonly<Record<number, Upcaster>>): void {
  if (!Number.isInteger(version) || version < 1)
    fail('DEFINITION_INVALID', { hint: `${type} has version ${version}; versions are 1, 2, 3 ...` })
  for (let from = 1; from < version; from++)
    if (!upcasters[from])
      fail('DEFINITION_INVALID', { hint: `${type} is at version ${version} but has no upcaster from version ${from}.` })
}

/** Starts the contract of a service. The messages declared with it belong to that service. */
export function contract(service: string): Contract {
  checkName('Service', service)
  const events = new Map<string, EventType<string, never>>()
  const commands = new Map<string, CommandType<string, never>>()
  const queries = new Map<string, QueryType>()
  return {
    service,
    events,
    commands,
    queries,
    event<Type extends string, Data>(type: Type, schema: Schema<Data>, options: VersionOptions = {}): EventType<Type, Data> {
      checkType(service, 'Event', type, events)
      const version = options.version ?? 1
      const upcasters = options.upcast ?? {}
      checkUpcasters(type, version, upcasters)
      const make = (data: Data): EventMessage<Type, Data> => markMadeBy({ kind: 'event', service, type, version, data }, declared)
      const declared: EventType<Type, Data> = Object.assign(make, { kind: 'event' as const, service, type, version, schema, upcasters })
      events.set(type, declared as unknown as EventType<string, never>)
      return declared
    },
    command<Type extends string, Data>(type: Type, schema: Schema<Data>, options: VersionOptions = {}): CommandType<Type, Data> {
      checkType(service, 'Command', type, commands)
      const version = options.version ?? 1
      const upcasters = options.upcast ?? {}
      checkUpcasters(type, version, upcasters)
      const declared: CommandType<Type, Data> = {
        kind: 'command',
        service,
        type,
        version,
        schema,
        upcasters,
        for: (key: string, data: Data): CommandMessage<Type, Data> =>
          markMadeBy({ kind: 'command', service, type, version, key, data }, declared)
      }
      commands.set(type, declared as unknown as CommandType<string, never>)
      return declared
    },
    query<Name extends string, Row>(name: Name, schema: Schema<Row>): QueryType<Name, Row> {
      checkName('Query', name)
      if (queries.has(name)) fail('DEFINITION_INVALID', { hint: `Query '${name}' is declared twice in the contract of ${service}.` })
      const declared: QueryType<Name, Row> = { kind: 'query', service, name, version: 1, schema }
      queries.set(name, declared as QueryType)
      return declared
    }
  }
}
