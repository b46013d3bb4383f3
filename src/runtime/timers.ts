import { Failure, type ServiceDefinition } from '../core/index.ts'
import type { Clock, Log, Store, StoredTimer } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import { applyProcess } from './process-handler.ts'
import type { Spoiled } from './setbacks.ts'
import type { Need, Work } from './work.ts'

/** How long a timer waits whose transition failed. */
const retryMs = 30_000
/** How long a timer is left alone that nobody in this version of the service knows. */
const unknownMs = 3_600_000
/** While overdue timers are held: the pause between two looks, how many calm ones in a row end it, and all at most. */
const holdLookMs = 50
const calmLooks = 10
const holdLooksMax = 100

/** A timer that is due: the process hears of it once, and the timer goes in the same transaction. */
class TimerWork implements Work {
  readonly #service: ServiceDefinition
  readonly #timer: StoredTimer
  readonly #log: Log
  readonly #spoiled: Spoiled

  constructor(service: ServiceDefinition, timer: StoredTimer, log: Log, spoiled: Spoiled) {
    this.#service = service
    this.#timer = timer
    this.#log = log
    this.#spoiled = spoiled
  }

  get message(): string {
    const { unit, key, name, dueMs } = this.#timer
    return `timer:${this.#service.name}/${unit}/${key}/${name}/${dueMs}`
  }

  prepare(need: Need): void {
    need(this.#timer.unit, this.#timer.key)
  }

  run(draft: Draft): void {
    const { unit, key, name, correlationId, traceparent } = this.#timer
    if (!draft.fire(this.#timer)) return
    const process = this.#service.units.get(unit)
    const cause = { messageId: this.message, correlationId, traceparent }
    try {
      const spoiled = this.#spoiled.get(this.message)
      if (spoiled !== undefined) throw new Failure('TRANSITION_FAILED', { hint: spoiled })
      if (process?.kind !== 'process-manager')
        throw new Failure('UNIT_UNKNOWN', { hint: `${this.#service.name} has no process manager '${unit}'.` })
      applyProcess(draft, this.#service, process, key, { kind: 'timer', name }, cause)
    } catch (thrown) {
      // Nothing that was promised is dropped: the timer stays, and is tried again after a while.
      const pauseMs = process?.kind === 'process-manager' ? retryMs : unknownMs
      draft.setTimers({ unit, key }, [{ name, dueMs: draft.nowMs + pauseMs }], cause)
      this.#log.error('the transition of a timer failed; it will be tried again', {
        service: this.#service.name,
        unit,
        key,
        timer: name,
        failure: String(thrown)
      })
    }
  }
}

/** The timers of one service. Only the time of the next one is kept in memory; the store has them all. */
export class Timers {
  readonly #service: ServiceDefinition
  readonly #store: Store
  readonly #log: Log
  readonly #spoiled: Spoiled
  readonly #units: () => readonly string[] | undefined
  #nextMs = Number.POSITIVE_INFINITY
  #held = false

  /** `units` are those whose timers fire here; all of them when undefined. */
  constructor(
    service: ServiceDefinition,
    store: Store,
    log: Log,
    spoiled: Spoiled,
    units: () => readonly string[] | undefined
  ) {
    this.#service = service
    this.#store = store
    this.#log = log
    this.#spoiled = spoiled
    this.#units = units
  }

  /** When the next timer is due; never, while they are held. */
  get nextMs(): number {
    return this.#held ? Number.POSITIVE_INFINITY : this.#nextMs
  }

  /**
   * Holds timers that became due while the service was away, until what was said meanwhile has been heard: an answer
   * that came in time should not find that none had come. Holds for a few seconds at most.
   */
  holdOverdue(clock: Clock, isCalm: () => boolean, release: () => void): void {
    if (this.#held || this.#nextMs > clock.nowMs()) return
    this.#held = true
    let looks = 0
    let calm = 0
    const look = (): void => {
      looks += 1
      calm = isCalm() ? calm + 1 : 0
      if (calm < calmLooks && looks < holdLooksMax) {
        clock.schedule(holdLookMs, look)
        return
      }
      this.#held = false
      release()
    }
    clock.schedule(holdLookMs, look)
  }

  async recover(): Promise<void> {
    const [first] = await this.#first(1)
    this.#nextMs = first?.dueMs ?? Number.POSITIVE_INFINITY
  }

  async #first(limit: number): Promise<readonly StoredTimer[]> {
    const units = this.#units()
    if (units === undefined) return this.#store.timers(limit)
    const timed = units.filter((unit) => this.#service.units.get(unit)?.kind === 'process-manager')
    return timed.length === 0 ? [] : this.#store.timers(limit, timed)
  }

  /** Lets those come again that were due in a turn that was not committed. */
  again(): void {
    this.#nextMs = 0
  }

  /** The timers that are due now, as work, at most `limit`. */
  async due(nowMs: number, limit: number): Promise<readonly Work[]> {
    if (nowMs < this.nextMs) return []
    const timers = await this.#first(limit + 1)
    const due = timers.filter((timer) => timer.dueMs <= nowMs).slice(0, limit)
    this.#nextMs = timers[due.length]?.dueMs ?? Number.POSITIVE_INFINITY
    return due.map((timer) => new TimerWork(this.#service, timer, this.#log, this.#spoiled))
  }

  /** Takes over the timers that a turn has set. */
  settle(draft: Draft): void {
    this.#nextMs = Math.min(this.#nextMs, draft.nextTimerMs)
  }
}
