/** What a bus over NATS has done so far, in rows unless it says otherwise. */
export interface NatsCounts {
  /** Handed to the server, with data or as a reference. */
  published: number
  /** Handed to the server without their data, because they are larger than it takes. */
  referred: number
  /**
   * Announced and not handed to the server: it was away, or too much was on its way to it. The feed has them; the last
   * one of each partition is published when there is room again.
   */
  dropped: number
  /** Told to listeners because the broker brought them. */
  heard: number
  /** Brought by the broker again. */
  repeated: number
  /** Asked for again from the stream after a time without a connection, and told to listeners. */
  replayed: number
  /** Behind a hole, and not told because the feed could not prove them, or too many waited. The feed has them. */
  unproved: number
  /** Messages that are no rows of the service whose subject they had. */
  foreign: number
  /** How often the connection came back. */
  reconnects: number
  /** How often the stream was created. */
  streamsCreated: number
}

/** All zero. */
export function noCounts(): NatsCounts {
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
    streamsCreated: 0
  }
}
