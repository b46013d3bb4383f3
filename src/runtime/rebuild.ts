import { Failure, type ProjectionDefinition, toFailure } from '../core/index.ts'
import { type Feed, type Store, subscriptionName } from '../ports/index.ts'
import { checkWhole } from './archived-log.ts'
import type { Engine } from './engine.ts'
import type { LiveGenerations } from './live-generations.ts'
import { projectionHandler } from './projection-handler.ts'
import { RebuildsElsewhere } from './rebuild-elsewhere.ts'
import { rowSet } from './row-set.ts'
import type { RebuildStatus } from './running.ts'
import type { Subscription } from './subscription.ts'

/** A rebuild under way. */
interface Building {
  readonly projection: ProjectionDefinition
  readonly generation: number
  failure: string | undefined
  swapped: RebuildStatus | undefined
  /** The swap is left alone for a while, because the store would not do it. */
  paused: boolean
}

/** How long a swap waits that the store could not do. */
const swapRetryMs = 1_000

/** Rebuilds projections beside the generation that serves: the new one catches up, then takes its place at once. */
export class Rebuilds {
  readonly #engine: Engine
  readonly #store: Store
  readonly #live: LiveGenerations
  readonly #elsewhere: RebuildsElsewhere
  readonly #report: () => Promise<void>
  readonly #building = new Map<string, Building>()

  /** `report` tells the sources of a generation that is to read all of them. */
  constructor(engine: Engine, live: LiveGenerations, report: () => Promise<void>) {
    this.#engine = engine
    this.#report = report
    this.#store = engine.options.store
    this.#live = live
    this.#elsewhere = new RebuildsElsewhere(engine.options)
    engine.onTurn(() => this.#look())
    engine.beforeRecovery(() => this.#reconcile())
    // A swap that the store could not do is tried again by itself.
    engine.alsoBusy.push(() => this.#running().length > 0)
  }

  /** The rebuilds under way, and the last one of each projection. */
  async statuses(): Promise<readonly RebuildStatus[]> {
    const here = [...this.#building.values()].map((building) => this.#status(building))
    return [...here, ...(await this.#elsewhere.statuses(this.#building))]
  }

  /** Goes on with what is to be rebuilt of a projection; again after a while when that fails, as nobody waits for it. */
  goOn(projection: ProjectionDefinition): void {
    const { log, definition, clock } = this.#engine.options
    this.resume(projection).catch((thrown: unknown) => {
      const { code, message, retry } = toFailure(thrown)
      if (code === 'STOPPING' || !this.#holds(projection.name)) return
      const { name: service } = definition
      log.warn('a projection cannot be rebuilt now', { service, unit: projection.name, failure: message })
      if (retry !== 'never') clock.schedule(swapRetryMs, () => this.goOn(projection))
    })
  }

  /** Leaves a rebuild to the instance that works for the projection now. */
  handOn(unit: string): void {
    const building = this.#building.get(unit)
    if (!building) return
    this.#building.delete(unit)
    this.#elsewhere.add(unit, building.generation)
  }

  get running(): boolean {
    return this.#running().length > 0
  }

  #running(): readonly Building[] {
    return [...this.#building.values()].filter(
      (building) => building.swapped === undefined && building.failure === undefined
    )
  }

  /** Prepares every projection at a start: the live generation serves, one of an older revision is rebuilt. */
  async open(projection: ProjectionDefinition): Promise<number> {
    const generations = await this.#store.generations(projection.name)
    const live = generations.find((one) => one.status === 'live')
    if (!live) {
      const { name, revision, indexes } = projection
      await this.#store.addGeneration(name, 1, revision, indexes, 'live').catch((thrown: unknown) => {
        // Another instance starts at the same time.
        if (toFailure(thrown).code !== 'VERSION_CONFLICT') throw thrown
      })
      this.#live.set(name, 1)
      return 1
    }
    this.#live.set(projection.name, live.generation)
    return live.generation
  }

  /** Goes on with a rebuild that was under way at the last stop, or begins one because the revision has changed. */
  async resume(projection: ProjectionDefinition): Promise<void> {
    if (
      !this.#holds(projection.name) ||
      this.#running().some((one) => one.projection.name === projection.name)
    )
      return
    const generations = await this.#store.generations(projection.name)
    const live = generations.find((one) => one.status === 'live')
    const building = generations.find((one) => one.status === 'building')
    if (building && building.revision === projection.revision)
      await this.#build(projection, building.generation)
    else if (building || live?.revision !== projection.revision) {
      if (building) await this.#drop(projection.name, building.generation)
      if (live?.revision !== projection.revision) await this.start(projection)
    }
  }

  #holds(projection: string): boolean {
    return this.#engine.options.tenure.holds(projection)
  }

  #drop(projection: string, generation: number): Promise<void> {
    const [fence] = this.#engine.options.tenure.fences([projection])
    return this.#store.dropGeneration(projection, generation, fence)
  }

  /** Begins a rebuild. Fails with `REBUILD_RUNNING` while there is one, with `REBUILD_IMPOSSIBLE` without all of the logs. */
  async start(projection: ProjectionDefinition): Promise<RebuildStatus> {
    await checkWhole(projection.name, this.#feedsOf(projection))
    if (!this.#holds(projection.name)) return this.#elsewhere.ask(projection)
    const known = this.#building.get(projection.name)
    if (known && known.swapped === undefined && known.failure === undefined)
      throw new Failure('REBUILD_RUNNING', { ...this.#status(known) })
    const { name, revision, indexes } = projection
    const generation = this.#live.of(name) + 1
    const begun = this.#build(projection, generation, async () => {
      const left = (await this.#store.generations(name)).filter((one) => one.status === 'building')
      for (const one of left) {
        this.#forget(name, one.generation)
        await this.#drop(name, one.generation)
      }
      const [fence] = this.#engine.options.tenure.fences([name])
      await this.#store.addGeneration(name, generation, revision, indexes, 'building', fence)
      await this.#keepWhole(projection, generation)
    })
    return begun.catch((thrown: unknown) => {
      if (toFailure(thrown).code !== 'LEASE_LOST') throw thrown
      // It is another's by now, and nobody has told this one.
      this.#engine.options.tenure.beatSoon()
      return this.#elsewhere.ask(projection)
    })
  }

  #feedsOf({ rules }: ProjectionDefinition): readonly Feed[] {
    const { bus } = this.#engine.options
    const sources = new Set([...rules.values()].map((rule) => rule.event.service))
    return [...sources].map((source) => bus.feed(source))
  }

  /** One's own log is archived no further while there is the generation, but may have been since somebody looked. */
  async #keepWhole(projection: ProjectionDefinition, generation: number): Promise<void> {
    const own = this.#feedsOf(projection).filter(({ service }) => service === this.#store.service)
    try {
      await checkWhole(projection.name, own)
    } catch (thrown) {
      await this.#drop(projection.name, generation)
      throw thrown
    }
    // Others are told, but not waited for: no turn comes in between.
    void this.#report()
  }

  /** Lets a generation catch up. What `prepare` does and its beginning are one: no turn comes in between. */
  async #build(
    projection: ProjectionDefinition,
    generation: number,
    prepare: () => Promise<void> = async () => undefined
  ): Promise<RebuildStatus> {
    const building: Building = {
      projection,
      generation,
      failure: undefined,
      swapped: undefined,
      paused: false
    }
    this.#building.set(projection.name, building)
    try {
      await this.#engine.between(async () => {
        // Between the look and this turn it may have become another's.
        if (!this.#holds(projection.name)) throw new Failure('LEASE_LOST', { lease: projection.name })
        await prepare()
        await this.#engine.addSubscription({ ...projectionHandler(projection, generation), replays: true })
      })
    } catch (thrown) {
      if (toFailure(thrown).code === 'LEASE_LOST') this.#building.delete(projection.name)
      building.failure = toFailure(thrown).message
      throw thrown
    }
    return this.#status(building)
  }

  /** Lets go of what is in memory of a generation: another one may get its number. */
  #forget(projection: string, generation: number): void {
    const { name } = rowSet(projection, generation)
    this.#engine.removeSubscription(name)
    this.#engine.cache.forget(name)
  }

  #subscription(projection: string, generation: number): Subscription | undefined {
    return this.#engine.subscriptions.get(subscriptionName(projection, generation))
  }

  #status(building: Building): RebuildStatus {
    if (building.swapped) return building.swapped
    const { projection, generation, failure } = building
    const cursors = this.#subscription(projection.name, generation)?.cursors ?? []
    const processed = cursors.reduce((sum, cursor) => sum + cursor.committed, 0)
    const total = cursors.reduce((sum, cursor) => sum + cursor.committed + Math.max(0, cursor.pending), 0)
    const state = failure === undefined ? 'running' : 'failed'
    return {
      unit: projection.name,
      generation,
      processed,
      total,
      state,
      ...(failure === undefined ? {} : { failure })
    }
  }

  /** After each turn: a generation that has come as far as the live one may take its place. */
  #look(): void {
    for (const building of this.#running()) {
      const { projection, generation } = building
      const next = this.#subscription(projection.name, generation)
      if (building.paused || !next || !this.#hasCaughtUp(projection.name, next)) continue
      if (this.#isWorse(building)) {
        this.#judge(building)
        continue
      }
      this.#engine
        .between(() => this.#swap(building))
        .catch((thrown: unknown) => this.#failed(building, thrown))
    }
  }

  /** A store that cannot swap now is asked again later, and before that how it ended: nobody knows yet. */
  #failed(building: Building, thrown: unknown): void {
    const { code, message } = toFailure(thrown)
    if (code === 'STOPPING') return
    if (code === 'LEASE_LOST') this.handOn(building.projection.name)
    else if (!code.startsWith('STORE_')) building.failure = message
    building.paused = true
    this.#engine.distrust()
    this.#engine.options.clock.schedule(swapRetryMs, () => {
      building.paused = false
      this.#engine.wake()
    })
  }

  /** Takes over a swap that was done though it was not answered. */
  async #reconcile(): Promise<void> {
    for (const building of this.#running()) {
      const generations = await this.#store.generations(building.projection.name)
      const live = generations.find((one) => one.status === 'live')?.generation
      if (live === building.generation) this.#swapped(building)
    }
  }

  #hasCaughtUp(projection: string, next: Subscription): boolean {
    if (!this.#engine.knows(next.handler.sources)) return false
    const live = this.#subscription(projection, this.#live.of(projection))
    return (live?.cursors ?? []).every(
      (cursor) => (next.cursor(cursor.source.source, cursor.partition)?.taken ?? 0) >= cursor.taken
    )
  }

  /** Whether more messages are parked for the new generation than for the one that serves. */
  #isWorse({ projection, generation }: Building): boolean {
    const { parking } = this.#engine
    const live = subscriptionName(projection.name, this.#live.of(projection.name))
    return parking.count(subscriptionName(projection.name, generation)) > parking.count(live)
  }

  /** A fold that goes on failing must not take the place of rows that are right: the old ones go on serving. */
  #judge(building: Building): void {
    const { projection, generation } = building
    const name = subscriptionName(projection.name, generation)
    const { parking } = this.#engine
    const dead = parking.deadOf(name)
    if (!dead) return
    const live = this.#live.of(projection.name)
    building.failure = `${parking.count(name)} messages could not be folded (${dead}); generation ${live} goes on serving.`
  }

  async #swap(building: Building): Promise<void> {
    const { projection, generation } = building
    const next = this.#subscription(projection.name, generation)
    // Another turn may have come between the look and the swap.
    if (building.swapped || !next || !this.#hasCaughtUp(projection.name, next) || this.#isWorse(building))
      return
    const [fence] = this.#engine.options.tenure.fences([projection.name])
    await this.#store.swapGeneration(projection.name, generation, fence)
    this.#swapped(building)
  }

  #swapped(building: Building): void {
    const { projection, generation } = building
    const status = this.#status(building)
    const former = this.#live.of(projection.name)
    this.#live.set(projection.name, generation)
    this.#forget(projection.name, former)
    building.swapped = { ...status, total: status.processed, state: 'done' }
    this.#engine.options.log.info('a projection was rebuilt', {
      service: this.#engine.options.definition.name,
      ...building.swapped
    })
  }
}
