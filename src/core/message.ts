import type { Schema } from './schema.ts'

/** A business fact of one service, past tense, as a transition emits it. */
export interface EventMessage<Type extends string = string, Data = unknown> {
  readonly kind: 'event'
  readonly service: string
  readonly type: Type
  readonly version: number
  readonly data: Data
}

/** A request in the imperative to the one state machine of `service` that handles it, for one key. */
export interface CommandMessage<Type extends string = string, Data = unknown> {
  readonly kind: 'command'
  readonly service: string
  readonly type: Type
  readonly version: number
  readonly key: string
  readonly data: Data
}

/** What transitions emit. */
export type OutgoingMessage = EventMessage | CommandMessage

/** Turns the data of one version into the data of the next; pure, total, never drops an event. */
export type Upcaster = (data: never) => unknown

/** An event as a contract declares it. Call it with the data to make the event. */
export interface EventType<Type extends string = string, Data = unknown> {
  (data: Data): EventMessage<Type, Data>
  readonly kind: 'event'
  readonly service: string
  readonly type: Type
  readonly version: number
  readonly schema: Schema<Data>
  /** `upcasters[n]` turns the data of version n into that of version n + 1. */
  readonly upcasters: Readonly<Record<number, Upcaster>>
}

/** A command as a contract declares it. `.for(key, data)` makes the command for one key. */
export interface CommandType<Type extends string = string, Data = unknown> {
  readonly kind: 'command'
  readonly service: string
  readonly type: Type
  readonly version: number
  readonly schema: Schema<Data>
  readonly upcasters: Readonly<Record<number, Upcaster>>
  /** Only parts of the same service send it. */
  readonly internal: boolean
  for(key: string, data: Data): CommandMessage<Type, Data>
}

/** The row of a projection as a contract publishes it. */
export interface QueryType<Name extends string = string, Row = unknown> {
  readonly kind: 'query'
  readonly service: string
  readonly name: Name
  readonly version: number
  readonly schema: Schema<Row>
}

/** Any event type, whatever its data; `never` because a parameter is contravariant. */
export interface AnyEventType {
  (data: never): EventMessage
  readonly kind: 'event'
  readonly service: string
  readonly type: string
  readonly version: number
  readonly schema: Schema
  readonly upcasters: Readonly<Record<number, Upcaster>>
}

/** Any command type, whatever its data. */
export interface AnyCommandType {
  readonly kind: 'command'
  readonly service: string
  readonly type: string
  readonly version: number
  readonly schema: Schema
  readonly upcasters: Readonly<Record<number, Upcaster>>
  readonly internal: boolean
  for(key: string, data: never): CommandMessage
}

/** The data of an event or command type. */
export type DataOf<T> = T extends { readonly schema: Schema<infer Data> } ? Data : never

/** The event that an event type makes. */
export type EventOf<T> = T extends AnyEventType ? EventMessage<T['type'], DataOf<T>> : never
