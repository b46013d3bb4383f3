/** What a bus over Kafka has done so far, in rows unless it says otherwise. */
export interface KafkaCounts {
  /** Taken by the brokers, with data or as a reference. */
  published: number
  /** Taken by the brokers without their data, because they are larger than the topic allows. */
  referred: number
  /**
   * Announced and not known to be with the brokers: they were away, or too much was waiting for them. The feed has
   * them; the last one of each partition is published when there is room again.
   */
  dropped: number
  /** Told to listeners because the brokers brought them. */
  heard: number
  /** Brought by the brokers again. */
  repeated: number
  /** Read after a time without the brokers, and told to listeners. */
  replayed: number
  /** Behind a hole, and not told because the feed could not prove them, or too many waited. The feed has them. */
  unproved: number
  /** Messages that are no rows of the service whose topic they are in. */
  foreign: number
  /** How often the way to the rows of a service was found again after it had been lost. */
  reconnects: number
  /** How many topics were created. */
  topicsCreated: number
}

/** All zero. */
export function noCounts(): KafkaCounts {
  return {
    published: 0,
    referred: 0,
    dropped: 0,
    heard: 0,
    repeated: 0,
    replayed: 0,
    unproved: 0,
    foreign: 0,
    reconnects: 0,
    topicsCreated: 0
  }
}
