import type { EffectBounds } from '../core/index.ts'
import type { AttemptResult, EffectAttempt, EffectGuard, Effects } from '../ports/index.ts'
import type { Host } from './host.ts'

/** How long the outside world takes, on the mean. */
const outsideMs = 20

class SimulatedGuard implements EffectGuard {
  readonly #name: string
  readonly #host: Host
  readonly #bounds: EffectBounds
  readonly #isStopped: () => boolean
  readonly #twice: boolean
  #running = 0
  #failures = 0
  #openUntilMs = Number.NEGATIVE_INFINITY

  constructor(name: string, bounds: EffectBounds, host: Host, isStopped: () => boolean, twice: boolean) {
    this.#name = name
    this.#bounds = bounds
    this.#host = host
    this.#isStopped = isStopped
    this.#twice = twice
  }

  async attempt<Result>(task: EffectAttempt<Result>): Promise<AttemptResult<Result>> {
    const { world } = this.#host
    if (this.#isStopped()) return { outcome: 'stopped', reason: 'The service stops.' }
    if (this.#running >= this.#bounds.bulkhead)
      return { outcome: 'bulkhead-full', reason: 'Too many are under way.' }
    if (world.nowMs < this.#openUntilMs)
      return { outcome: 'breaker-open', reason: 'It is left alone for a while.' }
    this.#running += 1
    try {
      const result = await this.#try(task)
      this.#count(result.outcome === 'done')
      return result
    } finally {
      this.#running -= 1
    }
  }

  #count(isDone: boolean): void {
    const { breaker } = this.#bounds
    this.#failures = isDone ? 0 : this.#failures + 1
    if (breaker && this.#failures >= breaker.failures)
      this.#openUntilMs = this.#host.world.nowMs + breaker.pauseMs
  }

  async #try<Result>(task: EffectAttempt<Result>): Promise<AttemptResult<Result>> {
    const { world, life, faults, random } = this.#host
    const name = this.#name
    const { timeoutMs } = this.#bounds
    const abort = new AbortController()
    let end: (result: AttemptResult<Result>) => void = () => undefined
    const ended = new Promise<AttemptResult<Result>>((resolve) => {
      end = resolve
    })
    const late = world.after(timeoutMs, life, `${name} times out`, () => {
      abort.abort()
      end({ outcome: 'timeout', reason: `No answer within ${timeoutMs} ms.` })
    })
    const fail = (reason: string): void => end({ outcome: 'failed', reason })
    const hangs = faults.fires('effect-hangs', name)
    const fails = faults.fires('effect-fails', name)
    const isLost = faults.fires('effect-late', name)
    world.after(random.around(outsideMs), life, `${name} reaches outside`, () => {
      if (hangs) return
      if (fails) return fail('The outside world did not answer (a simulated fault).')
      if (faults.fires('crash', name)) return void this.#host.crash()
      const done = (result: Result): void => {
        // What was done outside is done; nobody has written down that it was.
        if (faults.fires('crash', name)) return void this.#host.crash()
        world.after(random.around(outsideMs), life, `${name} is answered`, () => {
          if (isLost) fail('The answer of the outside world was lost (a simulated fault).')
          else end({ outcome: 'done', result })
        })
      }
      // A second time, as after a crash before the first was recorded: the answer of the second counts.
      const attempted = this.#twice ? task(abort.signal).then(() => task(abort.signal)) : task(abort.signal)
      attempted.then(done, (thrown: unknown) =>
        fail(thrown instanceof Error ? thrown.message : String(thrown))
      )
    })
    const result = await ended
    late()
    return result
  }
}

/** Guards of a node's effects: they bound an attempt as the real ones do, and the outside world fails as it may. */
export function simulatedEffects(host: Host, twice = false): Effects {
  let isStopped = false
  return {
    guard: (name, bounds) => new SimulatedGuard(name, bounds, host, () => isStopped, twice),
    stop: () => {
      isStopped = true
    }
  }
}
