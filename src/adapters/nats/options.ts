import { Failure } from '../../core/index.ts'
import type { Bus, Clock, Ids, Log } from '../../ports/index.ts'
import type { NatsConnection, NatsHeaders, NatsStreamManager } from './connection.ts'

/** The connection, the way to what the broker does not have, and what bounds both. */
export interface NatsBusOptions {
  readonly connection: NatsConnection
  /** Makes headers of names and values: `MsgHdrsImpl.fromRecord` of `@nats-io/transport-node`. */
  readonly headers: (values: Record<string, string[]>) => NatsHeaders
  /** `() => jetstreamManager(connection)` of `@nats-io/jetstream`. */
  readonly manager: () => Promise<NatsStreamManager>
  /** Offers and finds feeds; nothing is announced or heard by it. It is closed together with this bus. */
  readonly feeds: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly log?: Log
  /** The first part of every subject, `<prefix>.<service>.<partition>`. One for each system. Default `skerry`. */
  readonly prefix?: string
  /** The name of the stream that keeps the newest messages of the system. Default: the prefix, with - for dots. */
  readonly stream?: string
  /** Where the stream is kept when this bus creates it. Default `file`. */
  readonly storage?: 'file' | 'memory'
  /** On how many servers of a cluster the stream is kept when this bus creates it. Default 1. */
  readonly replicas?: number
  /** How long the stream keeps a message when this bus creates it, in milliseconds. Default one hour. */
  readonly keptMaxMs?: number
  /** How large the stream may grow when this bus creates it, in bytes. Default 256 MiB. */
  readonly keptMaxBytes?: number
  /** How much may be on its way to the server, in bytes; rows announced beyond that are dropped. Default 32 MiB. */
  readonly bufferMaxBytes?: number
  /** How many rows may wait to be sent or to be proved; more are dropped. Default 10,000. */
  readonly waitingMaxRows?: number
  /** How many messages that were missed are asked for again; of more, the feed is the quicker way. Default 10,000. */
  readonly replayMaxRows?: number
  /** The first part of the subjects that this connection may receive answers at. Default `_INBOX`. */
  readonly inboxPrefix?: string
}

/** The options with their defaults. */
export type NatsBusSettings = Required<Omit<NatsBusOptions, 'log'>> & Pick<NatsBusOptions, 'log'>

const subjectPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/

/** Fills in the defaults. Fails with `CONFIG_INVALID` when the prefix cannot be that of a subject. */
export function settingsOf(options: NatsBusOptions): NatsBusSettings {
  const prefix = options.prefix ?? 'skerry'
  if (!subjectPattern.test(prefix))
    throw new Failure('CONFIG_INVALID', {
      prefix,
      hint: `The prefix '${prefix}' cannot begin a subject of NATS: use letters, digits, - and _, with dots in between.`
    })
  return {
    stream: prefix.replaceAll('.', '-'),
    storage: 'file',
    replicas: 1,
    keptMaxMs: 3_600_000,
    keptMaxBytes: 256 * 2 ** 20,
    bufferMaxBytes: 32 * 2 ** 20,
    waitingMaxRows: 10_000,
    replayMaxRows: 10_000,
    inboxPrefix: '_INBOX',
    ...options,
    prefix
  }
}
