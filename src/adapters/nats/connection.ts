/** The headers of a message. */
export interface NatsHeaders extends Iterable<[string, string[]]> {
  get(name: string): string
}

/** A message as it was received. */
export interface NatsMessage {
  readonly subject: string
  readonly reply?: string
  readonly data: Uint8Array
  readonly headers?: NatsHeaders
}

/** What a subscription must be able to do. `closed` resolves to an error when the server ended it. */
export interface NatsSubscription {
  readonly closed: Promise<unknown>
  unsubscribe(): void
}

/** What happened to a connection. */
export interface NatsStatus {
  readonly type: string
  readonly error?: Error
}

/**
 * What is needed of a connection to NATS: that of `@nats-io/transport-node` fits. It should reconnect for ever
 * (`maxReconnectAttempts: -1`), and need not hear its own messages (`noEcho: true`). Whoever opened it closes it, after
 * the bus.
 */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number; readonly server_name?: string }
  publish(subject: string, data?: string, options?: { readonly headers?: NatsHeaders }): void
  subscribe(
    subject: string,
    options: { callback(error: Error | null, message: NatsMessage): void }
  ): NatsSubscription
  flush(): Promise<void>
  status(): AsyncIterable<NatsStatus>
  closed(): Promise<unknown>
  isClosed(): boolean
}

/** How the stream is kept. Times are in nanoseconds, as the server counts them. */
export interface NatsStreamConfig {
  readonly name: string
  readonly subjects: string[]
  readonly retention: 'limits'
  readonly discard: 'old'
  readonly storage: 'file' | 'memory'
  readonly num_replicas: number
  readonly max_age: number
  readonly max_bytes: number
  readonly duplicate_window: number
  readonly description: string
}

/** How what was missed is asked for again: pushed at once, kept nowhere, acknowledged by nobody. */
export interface NatsReplayConfig {
  readonly deliver_subject: string
  readonly deliver_policy: 'by_start_time'
  readonly opt_start_time: string
  readonly filter_subject: string
  readonly ack_policy: 'none'
  readonly replay_policy: 'instant'
  readonly inactive_threshold: number
  readonly mem_storage: boolean
  readonly num_replicas: number
}

/** What is needed of JetStream: what `jetstreamManager(connection)` of `@nats-io/jetstream` gives fits. */
export interface NatsStreamManager {
  readonly streams: {
    info(stream: string): Promise<{
      readonly config: {
        readonly subjects: string[]
        readonly storage: string
        readonly num_replicas: number
        readonly max_age: number
        readonly max_bytes: number
      }
    }>
    add(config: NatsStreamConfig): Promise<unknown>
  }
  readonly consumers: {
    add(
      stream: string,
      config: NatsReplayConfig
    ): Promise<{ readonly name: string; readonly num_pending: number }>
    delete(stream: string, consumer: string): Promise<unknown>
  }
}
