import { type Duration, durationMs } from './duration.ts'

/** How an outside effect is guarded. Every part has a default that bounds it. */
export interface EffectPolicy {
  /** One attempt may take this long; then its signal is aborted. Default 10 seconds. */
  readonly timeout?: Duration
  /**
   * Attempts before the message is parked (default 5), and the pause before the next one: random, up to `base`
   * (default 200 ms) doubled each time, at most `max` (default 30 seconds).
   */
  readonly retry?: { readonly attempts?: number; readonly base?: Duration; readonly max?: Duration }
  /** After so many failed attempts in a row the effect is left alone for a while. Default: it never is. */
  readonly breaker?: { readonly failures: number; readonly pause: Duration }
  /** Effects of this rule under way at once, over all keys (default 16); per key it is always one. */
  readonly bulkhead?: number
}

/** A policy with every default filled in, times in milliseconds. */
export interface EffectBounds {
  readonly timeoutMs: number
  readonly attempts: number
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  readonly breaker: { readonly failures: number; readonly pauseMs: number } | undefined
  readonly bulkhead: number
}

/** What a policy comes to; the only place that knows its defaults. */
export function effectBounds({ timeout, retry = {}, breaker, bulkhead = 16 }: EffectPolicy): EffectBounds {
  return {
    timeoutMs: durationMs(timeout ?? { seconds: 10 }),
    attempts: retry.attempts ?? 5,
    retryBaseMs: durationMs(retry.base ?? { ms: 200 }),
    retryMaxMs: durationMs(retry.max ?? { seconds: 30 }),
    breaker: breaker && { failures: breaker.failures, pauseMs: durationMs(breaker.pause) },
    bulkhead
  }
}
