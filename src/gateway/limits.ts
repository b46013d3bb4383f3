/** Bounds of the edge; every one has a default that suits a service on a small machine. */
export interface GatewayLimits {
  /** The largest body, in bytes; a larger one is refused before it is read. Default 1 MiB. */
  readonly bodyMaxBytes: number
  /** Bytes of bodies that are arriving or dealt with at the same time, over all connections. Default 16 MiB. */
  readonly bodiesMaxBytes: number
  /**
   * Bytes of answers above 64 KiB that callers have not taken yet, over all connections. Default 128 MiB. What has no
   * room is refused, unless it is the only one; those that are under way for `answerMs` are cut first.
   */
  readonly answersMaxBytes: number
  /** How long a large answer may take when others need the room. Default 10 seconds. */
  readonly answerMs: number
  /** How deep objects and lists of a body may be nested. Default 32. */
  readonly bodyDepthMax: number
  /** How many values a body may hold, counting objects, lists and all that is in them. Default 50,000. */
  readonly bodyValuesMax: number
  /** Rows on one page of a query when the caller names no limit (50), and at most (500). */
  readonly rowsDefault: number
  readonly rowsMax: number
  /** The longest that a read waits for a position. Default 30 seconds. */
  readonly waitMaxMs: number
  /** All headers together, in bytes (8 KiB), and how many (100). */
  readonly headerMaxBytes: number
  readonly headersMax: number
  /** How long a request may take to arrive: its headers (10 seconds), and all of it (30 seconds). */
  readonly headersMs: number
  readonly requestMs: number
  /** How often slow requests are looked for. Default 1 second. */
  readonly slowCheckMs: number
  /** How long a connection may be idle between two requests. Default 10 seconds. */
  readonly keepAliveMs: number
  /** How long nothing at all may move on a connection before it is cut. Default 60 seconds. */
  readonly silenceMs: number
  /** Requests on one connection before it is closed; 0 for no bound. Default 100,000. */
  readonly requestsPerConnectionMax: number
  /** Connections at once; more are closed as they come. Default 4,096. */
  readonly connectionsMax: number
  /** How long closing waits for requests that are under way. Default 10 seconds. */
  readonly closeMs: number
}

/** The bounds unless the caller says otherwise. */
export const gatewayLimits: GatewayLimits = {
  bodyMaxBytes: 1_048_576,
  bodiesMaxBytes: 16_777_216,
  answersMaxBytes: 134_217_728,
  answerMs: 10_000,
  bodyDepthMax: 32,
  bodyValuesMax: 50_000,
  rowsDefault: 50,
  rowsMax: 500,
  waitMaxMs: 30_000,
  headerMaxBytes: 8_192,
  headersMax: 100,
  headersMs: 10_000,
  requestMs: 30_000,
  slowCheckMs: 1_000,
  keepAliveMs: 10_000,
  silenceMs: 60_000,
  requestsPerConnectionMax: 100_000,
  connectionsMax: 4_096,
  closeMs: 10_000
}
