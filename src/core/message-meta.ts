/** What every message knows of where it comes from, beside its data. */
export interface MessageMeta {
  /** Unique for ever: service, partition and position of its log row, or the id of the outside command. */
  readonly id: string
  /** The key of the entity that said it. */
  readonly key: string
  /** When it was committed, in milliseconds since 1970, by the clock of the service that said it. */
  readonly timeMs: number
  /** The same for everything that follows from one outside command. */
  readonly correlationId: string
  /** The id of the message that led to this one. */
  readonly causationId: string
}

/** What is known of an event before it is committed, and the same for ever after: what an `evolve` may use. */
export type EvolveMeta = Omit<MessageMeta, 'id'>
