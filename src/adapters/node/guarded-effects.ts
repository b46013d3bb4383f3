import { performance } from 'node:perf_hooks'
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  type IBackoff,
  type IPolicy,
  noop,
  TimeoutStrategy,
  timeout,
  wrap
} from 'cockatiel'
import type { EffectBounds } from '../../core/index.ts'
import type { AttemptResult, EffectAttempt, EffectGuard, Effects } from '../../ports/index.ts'

// The longest delay that setTimeout takes; a longer one fires at once there.
const timeoutMaxMs = 2 ** 31 - 1

/** The pause of an open breaker by elapsed time; cockatiel's own goes by the wall clock, which may jump. */
function pauseOf(pauseMs: number): IBackoff<unknown> {
  const openedMs = performance.now()
  return {
    get duration(): number {
      return performance.now() - openedMs >= pauseMs ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    },
    next: () => pauseOf(pauseMs)
  }
}

function breakerOf(rule: EffectBounds['breaker']): IPolicy {
  if (rule === undefined) return noop
  const { failures, pauseMs } = rule
  return circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: { next: () => pauseOf(pauseMs) }
  })
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function guardOf(bounds: EffectBounds, stopped: AbortSignal): EffectGuard {
  const timeoutMs = Math.min(bounds.timeoutMs, timeoutMaxMs)
  const limited = timeout(timeoutMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false })
  // From the outside in: what finds no place is no failure to the breaker; what takes too long is one.
  const guarded = wrap(bulkhead(bounds.bulkhead), breakerOf(bounds.breaker), limited)

  return {
    async attempt<Result>(task: EffectAttempt<Result>): Promise<AttemptResult<Result>> {
      if (stopped.aborted) return { outcome: 'stopped', reason: 'The service stops.' }
      let signal: AbortSignal | undefined
      try {
        const result = await guarded.execute((context) => {
          signal = context.signal
          return task(context.signal)
        }, stopped)
        return { outcome: 'done', result }
      } catch (error) {
        if (error instanceof BulkheadRejectedError) return { outcome: 'bulkhead-full', reason: error.message }
        if (error instanceof BrokenCircuitError) return { outcome: 'breaker-open', reason: error.message }
        if (stopped.aborted) return { outcome: 'stopped', reason: 'The service stopped during the attempt.' }
        if (signal?.aborted) return { outcome: 'timeout', reason: `No answer within ${timeoutMs} ms.` }
        return { outcome: 'failed', reason: textOf(error) }
      }
    }
  }
}

/** Effects guarded by cockatiel. */
export function guardedEffects(): Effects {
  const stopping = new AbortController()
  return {
    guard: (_name: string, bounds: EffectBounds) => guardOf(bounds, stopping.signal),
    stop: () => stopping.abort()
  }
}
