import type { EffectBounds, EffectSignal } from '../core/index.ts'

/** One attempt at an outside effect; it must give up when the signal is aborted. */
export type EffectAttempt<Result> = (signal: EffectSignal) => Promise<Result>

/** How one attempt ended. `breaker-open` and `bulkhead-full` mean that the effect was not even tried. */
export type AttemptResult<Result> =
  | { readonly outcome: 'done'; readonly result: Result }
  | {
      readonly outcome: 'failed' | 'timeout' | 'breaker-open' | 'bulkhead-full' | 'stopped'
      readonly reason: string
    }

/** The guard of one effect rule: it keeps the breaker's state and counts what is under way. */
export interface EffectGuard {
  /** Makes one attempt under the timeout, breaker and bulkhead of its bounds. Never rejects. */
  attempt<Result>(task: EffectAttempt<Result>): Promise<AttemptResult<Result>>
}

/**
 * Guards for outside effects. Retries belong to the runtime, which keeps count of them durably: a guard makes one
 * attempt. `stop` aborts every attempt under way; later attempts end as `stopped`.
 */
export interface Effects {
  guard(name: string, bounds: EffectBounds): EffectGuard
  stop(): void
}
