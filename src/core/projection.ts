import { eventName } from './event-name.ts'
import { fail } from './failure.ts'
import { frozen } from './frozen.ts'
import type { AnyEventType, DataOf, EventType, QueryType } from './message.ts'
import type { MessageMeta } from './message-meta.ts'
import { checkName } from './name.ts'
import type { Schema } from './schema.ts'

/** What a projection does with one event: which rows, and how each changes. */
export interface ProjectionRule {
  readonly event: EventType<string, unknown>
  /** The fields it needs; all when undefined. This is the consumer's side of the contract. */
  readonly reads: readonly string[] | undefined
  readonly keys: KeysOf<unknown>
  readonly fold: (row: unknown, data: unknown, meta: MessageMeta, key: string) => unknown
}

/** A declared projection, as data. */
export interface ProjectionDefinition {
  readonly kind: 'projection'
  readonly name: string
  readonly initial: unknown
  /** Top-level fields that queries may filter and order by. */
  readonly indexes: readonly string[]
  /** Raise it when a fold changes meaning: at the next start the rows are rebuilt beside the old ones. */
  readonly revision: number
  readonly schema: Schema | undefined
  /** By `service/Type` of the event. */
  readonly rules: ReadonlyMap<string, ProjectionRule>
}

/** How an event finds its rows: one key or several; none leaves the projection as it is. */
export type KeysOf<Data> = (data: Data, meta: MessageMeta) => string | readonly string[]

/** A projection under construction; each call returns a new one. */
export interface Projection<Row, Current, Folded extends string = string> extends ProjectionDefinition {
  /**
   * Folds an event into the rows that `key` names, each once. Pure: the same events give the same bytes. `null`
   * removes the row. Events of one entity arrive in order; those of different entities in any order.
   */
  on<Event extends AnyEventType, Reads extends keyof DataOf<Event> & string = keyof DataOf<Event> & string>(
    event: Event,
    route:
      | KeysOf<Pick<DataOf<Event>, NoInfer<Reads>>>
      | { readonly key: KeysOf<Pick<DataOf<Event>, NoInfer<Reads>>>; readonly reads?: readonly Reads[] },
    fold: (row: Current, data: Pick<DataOf<Event>, Reads>, meta: MessageMeta, key: string) => Row | null
  ): Projection<Row, Current, Folded | Event['type']>
}

/** Options of a projection. */
export interface ProjectionOptions<Row> {
  /** The row before its first event; without it a fold is given `undefined` then. */
  readonly initial?: Row
  /** Top-level fields that queries may filter and order by. */
  readonly indexes?: readonly (keyof Row & string)[]
  readonly revision?: number
}

type Route = KeysOf<unknown> | { key: KeysOf<unknown>; reads?: readonly string[] }

function extend(definition: ProjectionDefinition): Projection<unknown, unknown> {
  const projection = {
    ...definition,
    on(event: ProjectionRule['event'], route: Route, fold: ProjectionRule['fold']) {
      const source = eventName(event)
      if (definition.rules.has(source))
        fail('DEFINITION_INVALID', { hint: `${definition.name} folds ${source} twice.` })
      const rule: ProjectionRule =
        typeof route === 'function'
          ? { event, reads: undefined, keys: route, fold }
          : { event, reads: route.reads, keys: route.key, fold }
      return extend({ ...definition, rules: new Map(definition.rules).set(source, rule) })
    }
  }
  return projection as unknown as Projection<unknown, unknown>
}

/** Starts a projection: of a query that a contract publishes, whose row type it takes, or of the service's own. */
export function projection<Row>(
  what: string | QueryType<string, Row>,
  options: ProjectionOptions<NoInfer<Row>> & { readonly initial: Row }
): Projection<Row, Row, never>
export function projection<Row>(
  what: string | QueryType<string, Row>,
  options?: ProjectionOptions<NoInfer<Row>>
): Projection<Row, Row | undefined, never>
export function projection<Row>(
  what: string | QueryType<string, Row>,
  options: ProjectionOptions<Row> = {}
): Projection<Row, Row, never> {
  const name = typeof what === 'string' ? what : what.name
  checkName('Projection', name)
  const definition: ProjectionDefinition = {
    kind: 'projection',
    name,
    // Every row begins with it, as the entities of a machine do.
    initial: frozen(options.initial),
    indexes: options.indexes ?? [],
    revision: options.revision ?? 1,
    schema: typeof what === 'string' ? undefined : what.schema,
    rules: new Map()
  }
  return extend(definition) as Projection<Row, Row, never>
}
