import { fail } from './failure.ts'
import { markMadeBy } from './made-by.ts'
import type { CommandMessage, CommandType, EventMessage, EventType, QueryType, Upcaster } from './message.ts'
import { checkName } from './name.ts'
import type { Schema } from './schema.ts'

/** Version 1 needs nothing; each upcaster makes one version more. */
export interface VersionOptions<Data> {
  /**
   * `upcast: [toVersion2, toVersion3]`: how the data of version 1 becomes that of version 2, and so on up to the
   * current version, which is one more than there are upcasters. Never remove one: the log keeps its events.
   */
  readonly upcast?: readonly [...Upcaster[], (data: never) => Data]
}

/** What a command may be declared with. */
export interface CommandOptions<Data> extends VersionOptions<Data> {
  /**
   * Only parts of the same service send it. From outside it does not exist (`COMMAND_UNKNOWN`, and no list names it);
   * sent by another service it is refused when it arrives, with the code `internal-command`. Default false.
   */
  readonly internal?: boolean
}

/** What a service lets others import: the types of its events, commands and queries. */
export interface Contract {
  readonly service: string
  readonly events: ReadonlyMap<string, EventType<string, never>>
  readonly commands: ReadonlyMap<string, CommandType<string, never>>
  readonly queries: ReadonlyMap<string, QueryType>
  /** Declares an event: past tense, unique within the contract. */
  event<Type extends string, Data>(
    type: Type,
    schema: Schema<Data>,
    options?: VersionOptions<NoInfer<Data>>
  ): EventType<Type, Data>
  /** Declares a command: imperative, unique within the contract. Unknown fields will be refused. */
  command<Type extends string, Data>(
    type: Type,
    schema: Schema<Data>,
    options?: CommandOptions<NoInfer<Data>>
  ): CommandType<Type, Data>
  /** Declares the row of a projection that others may rely on. */
  query<Name extends string, Row>(name: Name, schema: Schema<Row>): QueryType<Name, Row>
}

const typeName = /^[A-Z][A-Za-z0-9]{0,99}$/

function checkType(service: string, what: string, type: string, taken: ReadonlyMap<string, unknown>): void {
  if (!typeName.test(type))
    fail('DEFINITION_INVALID', {
      hint: `${what} '${type}' of ${service} must be PascalCase, such as 'OrderAccepted'.`
    })
  if (taken.has(type))
    fail('DEFINITION_INVALID', { hint: `${what} '${type}' is declared twice in the contract of ${service}.` })
}

/** The version that upcasters lead to, and each of them by the version it starts from. */
function versionsOf(upcasters: readonly Upcaster[]): {
  version: number
  upcasters: Readonly<Record<number, Upcaster>>
} {
  return {
    version: upcasters.length + 1,
    upcasters: Object.fromEntries(upcasters.map((upcaster, index) => [index + 1, upcaster]))
  }
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
    event<Type extends string, Data>(
      type: Type,
      schema: Schema<Data>,
      options: VersionOptions<NoInfer<Data>> = {}
    ): EventType<Type, Data> {
      checkType(service, 'Event', type, events)
      const { version, upcasters } = versionsOf(options.upcast ?? [])
      const make = (data: Data): EventMessage<Type, Data> =>
        markMadeBy({ kind: 'event', service, type, version, data }, declared)
      const declared: EventType<Type, Data> = Object.assign(make, {
        kind: 'event' as const,
        service,
        type,
        version,
        schema,
        upcasters
      })
      events.set(type, declared as unknown as EventType<string, never>)
      return declared
    },
    command<Type extends string, Data>(
      type: Type,
      schema: Schema<Data>,
      options: CommandOptions<NoInfer<Data>> = {}
    ): CommandType<Type, Data> {
      checkType(service, 'Command', type, commands)
      const { upcast = [], internal = false } = options
      const { version, upcasters } = versionsOf(upcast)
      const declared: CommandType<Type, Data> = {
        kind: 'command',
        service,
        type,
        version,
        schema,
        upcasters,
        internal,
        for: (key: string, data: Data): CommandMessage<Type, Data> =>
          markMadeBy({ kind: 'command', service, type, version, key, data }, declared)
      }
      commands.set(type, declared as unknown as CommandType<string, never>)
      return declared
    },
    query<Name extends string, Row>(name: Name, schema: Schema<Row>): QueryType<Name, Row> {
      checkName('Query', name)
      if (queries.has(name))
        fail('DEFINITION_INVALID', {
          hint: `Query '${name}' is declared twice in the contract of ${service}.`
        })
      const declared: QueryType<Name, Row> = { kind: 'query', service, name, version: 1, schema }
      queries.set(name, declared as QueryType)
      return declared
    }
  }
}
