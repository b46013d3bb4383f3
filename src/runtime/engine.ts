import { Failure, toFailure } from '../core/index.ts'
import { type Batch, type ParkedMessage, unitOf } from '../ports/index.ts'
import { Announcements } from './announcements.ts'
import { BetweenTurns } from './between-turns.ts'
import { Draft } from './draft.ts'
import { drained } from './drain.ts'
import { EffectRunner, effectPauseMaxMs } from './effect-runner.ts'
import type { EngineOptions, EngineState } from './engine-options.ts'
import { FeedTrouble } from './feed-trouble.ts'
import type { Handler } from './handler.ts'
import { Intake } from './intake.ts'
import { olderLogs } from './older-logs.ts'
import { Parking } from './parking.ts'
import { Rhythm } from './rhythm.ts'
import { Setbacks, type Spoiled } from './setbacks.ts'
import { Sources } from './sources.ts'
import { StateCache, sharedStates } from './state-cache.ts'
import { confirmKept, loadStates } from './state-loading.ts'
import { Subscription } from './subscription.ts'
import { Timers } from './timers.ts'
import { TurnWorks } from './turn-works.ts'
import type { Work } from './work.ts'

/**
 * The heart of a service: one turn after the other. A turn takes what waits (commands, messages of every
 * subscription, due timers, parked messages, answers of effects), runs their pure transitions, and commits all of
 * it in one transaction. Arrivals meanwhile join the next turn, so no timer is needed to form groups.
 */
export class Engine {
  readonly options: EngineOptions
  readonly cache: StateCache
  readonly parking: Parking
  readonly timers: Timers
  readonly intake: Intake
  readonly runner: EffectRunner
  readonly #setbacks: Setbacks
  readonly #works: TurnWorks
  readonly #sources: Sources
  readonly #announcements: Announcements
  readonly #subscriptions = new Map<string, Subscription>()
  #handlers: readonly Handler[] = []
  readonly #afterTurn = new Set<() => void>()
  readonly #beforeRecovery: (() => Promise<void>)[] = []
  /** What turns know nothing of is left to do as long as one of these says so. */
  readonly alsoBusy: (() => boolean)[] = []
  readonly #between = new BetweenTurns()
  readonly #rhythm: Rhythm
  #state: EngineState = 'starting'
  #mustRecover = true
  /** The turn was refused because another writer was first; nothing else is wrong. */
  #conflicted = false

  constructor(options: EngineOptions) {
    const { definition, store, clock, ids, log, limits, tenure } = options
    this.options = options
    this.cache = new StateCache(limits.statesCachedMax, sharedStates(definition, tenure))
    this.parking = new Parking(store, limits.parkedKeysMax, (parked) => this.#pauseMaxMs(parked))
    const wake = (): void => this.wake()
    this.#setbacks = new Setbacks(definition.name, clock, log, wake)
    this.#announcements = new Announcements(store, options.bus)
    this.#sources = new Sources({
      bus: options.bus,
      clock,
      store,
      bufferedMax: limits.bufferedMax,
      wake,
      onSilent: (source, failure) =>
        log.warn('a service does not answer; its messages wait', {
          service: definition.name,
          source,
          failure: failure.message
        }),
      onFound: () => this.distrust(),
      onOlder: olderLogs(definition.name, clock, log)
    })
    this.timers = new Timers(definition, store, log, this.#setbacks.spoiled, () => tenure.units)
    this.intake = new Intake({
      definition,
      store,
      clock,
      ids,
      commandsMax: limits.commandsMax,
      shared: tenure.shared,
      closed: () => this.#closed(),
      wake
    })
    this.runner = new EffectRunner({
      definition,
      effects: options.effects,
      parking: this.parking,
      clock,
      random: () => ids.random(),
      spoiled: this.#setbacks.spoiled,
      subscription: (name) => this.#subscriptions.get(name),
      log,
      rows: (projection, keys) =>
        options.live.read(projection, (generation) => store.rows(projection, generation, keys)),
      submit: (work) => this.submit(work)
    })
    const trouble = new FeedTrouble(options, wake)
    this.#works = new TurnWorks({
      options,
      parking: this.parking,
      timers: this.timers,
      intake: this.intake,
      runner: this.runner,
      setbacks: this.#setbacks,
      subscriptions: this.#subscriptions,
      onRead: (failure) => trouble.onRead(failure)
    })
    this.#rhythm = new Rhythm({
      clock,
      turn: () => this.#work(),
      turned: () => {
        for (const observer of this.#afterTurn) observer()
      },
      nextMs: () => this.#nextMs()
    })
  }

  get state(): EngineState {
    return this.#state === 'running' && this.#setbacks.storeDown ? 'store-down' : this.#state
  }

  get spoiled(): Spoiled {
    return this.#setbacks.spoiled
  }

  get subscriptions(): ReadonlyMap<string, Subscription> {
    return this.#subscriptions
  }

  /** All that hears messages in this service, wherever it is worked for. */
  get handlers(): readonly Handler[] {
    return this.#handlers
  }

  #closed(): Failure | undefined {
    if (this.#state === 'stopping' || this.#state === 'stopped') return this.#stopping()
    return this.#setbacks.storeDown
  }

  #stopping(): Failure {
    return new Failure('STOPPING', { service: this.options.definition.name })
  }

  /** Reads everything from the store and begins to turn. */
  async start(handlers: readonly Handler[]): Promise<void> {
    this.#handlers = handlers
    for (const handler of handlers)
      if (this.options.tenure.holds(unitOf(handler.subscription)))
        this.#subscriptions.set(handler.subscription, new Subscription(handler))
    await this.#recover()
    this.#state = 'running'
    this.holdOverdue()
    this.#sources.watch()
    this.#rhythm.begin()
  }

  /** Holds timers that are overdue until what was said meanwhile has been heard. */
  holdOverdue(): void {
    const isCalm = (): boolean => this.#isCaughtUp()
    this.timers.holdOverdue(this.options.clock, isCalm, () => this.wake())
  }

  /** Somebody else has committed in a service that is perhaps listened to. */
  heard(service: string): void {
    this.#sources.heard(service)
  }

  /** Adds a subscription to a running engine, or takes one away; between two turns. */
  async addSubscription(handler: Handler): Promise<Subscription> {
    const subscription = new Subscription(handler)
    await this.#sources.place(subscription)
    // Another instance may have set messages aside for it.
    if (this.options.tenure.shared) await this.parking.load(handler.subscription)
    this.#subscriptions.set(handler.subscription, subscription)
    this.parking.offerAllOf(handler.subscription)
    this.wake()
    return subscription
  }

  removeSubscription(name: string): void {
    this.#subscriptions.delete(name)
    this.parking.forget(name)
  }

  /** Lets the next turn write how far all subscriptions are, also where they have passed over everything. */
  writeProgress(): void {
    for (const one of this.#subscriptions.values()) if (one.writeAll()) this.wake()
  }

  /** Takes work into the next turn. */
  submit(work: Work): void {
    if (this.#state === 'stopped') work.lost?.(this.#stopping(), false)
    else this.#works.submit(work)
    this.wake()
  }

  /** Runs a task between two turns, when nothing is half done. */
  between<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#state === 'stopped') return Promise.reject(this.#stopping())
    const done = this.#between.add(task, () => {
      // Nobody knows how far it came.
      this.#mustRecover = true
    })
    this.wake()
    return done
  }

  /** Calls `observer` after each turn until the returned function is called. */
  onTurn(observer: () => void): () => void {
    this.#afterTurn.add(observer)
    return () => this.#afterTurn.delete(observer)
  }

  /** Calls `task` before everything is read anew from the store, at a start and whenever a turn was lost. */
  beforeRecovery(task: () => Promise<void>): void {
    this.#beforeRecovery.push(task)
  }

  /** Reads everything anew from the store before the next turn: something was written that nobody knows the end of. */
  distrust(): void {
    this.#mustRecover = true
    this.wake()
  }

  /** Whether it is known how far each of these sources is. */
  knows(sources: readonly string[]): boolean {
    return this.#sources.knows(sources)
  }

  /** Whether everything that is said to it is announced here. */
  get hearsAll(): boolean {
    return this.#sources.lossless
  }

  /** Asks every source how far it is, for the case that announcements were lost. */
  learnHeads(): Promise<void> {
    return this.#sources.learnHeads()
  }

  /** Whether nothing is left to do: nothing queued, nothing published that is not dealt with, no effect under way. */
  get idle(): boolean {
    const waiting =
      this.#rhythm.busy ||
      this.#mustRecover ||
      this.#setbacks.storeDown !== undefined ||
      this.intake.queued > 0 ||
      this.#works.submitted > 0 ||
      this.#between.waiting > 0 ||
      this.alsoBusy.some((isBusy) => isBusy())
    const quiet = !this.runner.busy && this.parking.nextMs === Number.POSITIVE_INFINITY
    return !waiting && quiet && this.#isCaughtUp()
  }

  #isCaughtUp(): boolean {
    return !this.#sources.searching && [...this.#subscriptions.values()].every((one) => one.caughtUp)
  }

  /** Takes no new commands, commits what was taken, lets effects under way end within `graceMs`, and stops. */
  async stop(graceMs: number): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') return
    this.#state = 'stopping'
    this.runner.finish()
    this.wake()
    const owes = [...this.#subscriptions.values()].some((one) => one.writesAll)
    // One that is under way may have taken its messages before.
    let turnsLeft = owes ? (this.#rhythm.turning ? 2 : 1) : 0
    this.onTurn(() => {
      turnsLeft -= 1
    })
    await drained(this.options.clock, graceMs, () => this.#isUnderWay(turnsLeft))
    this.#state = 'stopped'
    this.runner.stop()
    this.#sources.close()
    await this.#rhythm.end()
    await this.options.tenure.leave()
    const closed = this.#stopping()
    this.#between.drop(closed)
    for (const work of [...this.intake.take(Number.POSITIVE_INFINITY), ...this.#works.withdraw()])
      work.lost?.(closed, false)
  }

  /** Whether something that was taken is not committed yet. A store that is down commits nothing more. */
  #isUnderWay(turnsLeft: number): boolean {
    if (this.#setbacks.storeDown) return false
    if (turnsLeft > 0) return true
    const taken = this.intake.queued + this.#works.submitted + this.runner.underWay
    return taken > 0 || this.#rhythm.turning
  }

  /** Sees to it that a turn follows. */
  wake(): void {
    this.#rhythm.wake()
  }

  /** One turn; true when another should follow at once. */
  async #work(): Promise<boolean> {
    if (this.#setbacks.resting) return false
    const works: Work[] = []
    try {
      if (this.#mustRecover) await this.#recover()
      await this.#between.runAll()
      if (this.#mustRecover) await this.#recover()
      const draft = this.#draft()
      await this.#works.collect(draft, works)
      if (works.length === 0 && this.#setbacks.storeDown) works.push(this.#setbacks.probe())
      await this.#run(draft, works)
      this.#sources.release(this.#subscriptions.values())
    } catch (thrown) {
      if (this.#conflicted) this.#takeBack()
      else this.#mustRecover = true
      this.#setbacks.lose(works, toFailure(thrown))
      return !this.#setbacks.resting
    }
    return works.length > 0 || this.parking.hasOrphans
  }

  #draft(): Draft {
    const { definition, store, ids, clock } = this.options
    return new Draft(definition.name, store.partitions, this.cache, ids, clock.nowMs())
  }

  async #run(draft: Draft, works: readonly Work[]): Promise<void> {
    await loadStates(this.options, draft, works)
    for (const work of works) work.run(draft)
    await this.#commit(draft, works)
  }

  async #commit(draft: Draft, works: readonly Work[]): Promise<void> {
    if (works.length === 0 && draft.cursors.size === 0) return
    const { store, tenure } = this.options
    const batch = draft.batch(tenure.shared ? tenure.fences(draft.reliesOn) : [])
    const written = confirmKept(store, draft).then(() => store.commit(batch))
    const committed = await written.catch((thrown: unknown) => {
      this.#refused(batch, toFailure(thrown))
      throw thrown
    })
    try {
      const rows = draft.settle(committed)
      for (const cursor of draft.cursors) cursor.settle(draft.doneLate.get(cursor) ?? 0)
      this.parking.settle(batch.parked, batch.parkedChanges, committed)
      this.timers.settle(draft)
      this.#setbacks.committed(works)
      this.#announcements.announce(rows)
      for (const work of works) work.committed?.(rows)
    } catch (thrown) {
      // It is written: whatever goes wrong from here on must not lead to its being decided a second time.
      this.#mustRecover = true
      this.#setbacks.report(toFailure(thrown))
    }
  }

  #refused({ fences, parkedChanges }: Batch, { code }: Failure): void {
    const { tenure } = this.options
    if (code === 'LEASE_LOST') tenure.lose(fences)
    // Where several write, it happens all the time. Who changed what is parked is not known, so that is read anew.
    this.#conflicted = tenure.shared && code === 'VERSION_CONFLICT' && parkedChanges.length === 0
  }

  /** Nothing of a turn was written, and what is in memory still holds: all that it took is there to be taken again. */
  #takeBack(): void {
    this.#conflicted = false
    this.cache.forgetShared()
    for (const one of this.#subscriptions.values()) one.rewind()
    this.parking.offerAll()
    this.timers.again()
  }

  async #recover(): Promise<void> {
    // Before and not after: what gives cause to do it again meanwhile must not be forgotten.
    this.#mustRecover = false
    for (const task of this.#beforeRecovery) await task()
    this.cache.clear()
    await this.#announcements.recover()
    await this.parking.recover(this.options.tenure.shared ? this.#subscriptions.keys() : undefined)
    await this.timers.recover()
    for (const [name, former] of this.#subscriptions) {
      const subscription = new Subscription(former.handler)
      await this.#sources.place(subscription)
      this.#subscriptions.set(name, subscription)
    }
  }

  /** The longest that a parked message waits for its next attempt. */
  #pauseMaxMs({ subscription, message }: ParkedMessage): number {
    const rule = this.#subscriptions.get(subscription)?.handler.effectRule?.(message)
    return rule ? effectPauseMaxMs(rule) : this.options.limits.retryMaxMs
  }

  /** When the next timer or retry is due. A store that rests wakes the engine itself. */
  #nextMs(): number {
    return this.#setbacks.resting
      ? Number.POSITIVE_INFINITY
      : Math.min(this.timers.nextMs, this.parking.nextMs)
  }
}
