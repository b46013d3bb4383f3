import type { Clock, Ids, Log } from '../../ports/index.ts'

/** What reading feeds over HTTP needs and what bounds it. */
export interface HttpFeedOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly log?: Log
  /** How long the publisher may hold an answer back while nothing is new. Default 10 seconds, at most 30. */
  readonly waitMs?: number
  /**
   * A publisher that has not begun to answer by then is given up; waiting for news is not counted. With `waitMs` it is
   * the longest that a line may have gone silent unnoticed. Default 10 seconds.
   */
  readonly answerMs?: number
  /** A request that takes longer is given up; waiting for news is not counted. Default 30 seconds. */
  readonly requestMaxMs?: number
  /** The pause after the first failure in a row; it doubles up to `retryMaxMs`, each with full jitter. Default 100. */
  readonly retryBaseMs?: number
  /** Default 10 seconds. */
  readonly retryMaxMs?: number
  /** The largest answer that is taken into memory; larger ones are asked for again in parts. Default 64 MiB. */
  readonly bodyMaxBytes?: number
  /** How much of immutable pages is kept, in bytes of JSON over all services. Default 4 MiB. */
  readonly cacheMaxBytes?: number
  /** Sent with every request, such as an authorization; redirections are not followed with them. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The options with their defaults. */
export type HttpFeedSettings = Required<Omit<HttpFeedOptions, 'log'>> & Pick<HttpFeedOptions, 'log'>

/** Fills in the defaults. */
export function settingsOf(options: HttpFeedOptions): HttpFeedSettings {
  return {
    waitMs: 10_000,
    answerMs: 10_000,
    requestMaxMs: 30_000,
    retryBaseMs: 100,
    retryMaxMs: 10_000,
    bodyMaxBytes: 64 * 2 ** 20,
    cacheMaxBytes: 4 * 2 ** 20,
    headers: {},
    ...options
  }
}
