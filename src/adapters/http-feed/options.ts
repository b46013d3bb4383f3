import type { Clock, Ids, Log } from '../../ports/index.ts'

/** What reading feeds over HTTP needs and what bounds it. */
export interface HttpFeedOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly log?: Log
  /** How long the publisher may hold an answer back while nothing is new. Default 20 seconds, at most 30. */
  readonly waitMs?: number
  /** A request that takes longer is given up; waiting for news is not counted. Default 30 seconds. */
  readonly requestMsMax?: number
  /** The pause after the first failure in a row; it doubles up to `retryMsMax`, each with full jitter. Default 100. */
  readonly retryMsBase?: number
  /** Default 10 seconds. */
  readonly retryMsMax?: number
  /** The largest answer that is taken into memory; larger ones are asked for again in parts. Default 64 MiB. */
  readonly bodyBytesMax?: number
  /** How much of immutable pages is kept, in bytes of JSON over all services. Default 4 MiB. */
  readonly cacheBytesMax?: number
  /** Sent with every request, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The options with their defaults. */
export type HttpFeedSettings = Required<Omit<HttpFeedOptions, 'log'>> & Pick<HttpFeedOptions, 'log'>

/** Fills in the defaults. */
export function settingsOf(options: HttpFeedOptions): HttpFeedSettings {
  return {
    waitMs: 20_000,
    requestMsMax: 30_000,
    retryMsBase: 100,
    retryMsMax: 10_000,
    bodyBytesMax: 64 * 2 ** 20,
    cacheBytesMax: 4 * 2 ** 20,
    headers: {},
    ...options
  }
}
