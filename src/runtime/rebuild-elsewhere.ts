import { Failure, type ProjectionDefinition, toFailure } from '../core/index.ts'
import { emptyBatch, subscriptionName } from '../ports/index.ts'
import type { EngineOptions } from './engine-options.ts'
import type { RebuildStatus } from './running.ts'

/** Rebuilds that another instance does: asked for here, or handed on. What is known of them is in the store. */
export class RebuildsElsewhere {
  readonly #options: EngineOptions
  /** The last rebuild of each projection that somebody here knows of. */
  readonly #generations = new Map<string, number>()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** A rebuild goes on elsewhere. */
  add(projection: string, generation: number): void {
    this.#generations.set(projection, generation)
  }

  /** Asks the instance that works for a projection to rebuild it. Fails with `REBUILD_RUNNING` while there is one. */
  async ask({ name, revision, indexes }: ProjectionDefinition): Promise<RebuildStatus> {
    const { store, live, tenure } = this.#options
    const holder = tenure.holderOf(name)
    const running = (generation: number): Failure =>
      new Failure('REBUILD_RUNNING', {
        unit: name,
        generation,
        hint: holder ? `The instance ${holder.id}${holder.url ? ` at ${holder.url}` : ''} does it.` : ''
      })
    const building = (await store.generations(name)).find((one) => one.status === 'building')
    if (building) throw running(building.generation)
    await live.refresh(name)
    const generation = live.of(name) + 1
    await store.addGeneration(name, generation, revision, indexes, 'building').catch((thrown: unknown) => {
      throw toFailure(thrown).code === 'VERSION_CONFLICT' ? running(generation) : thrown
    })
    // Whoever takes it over without having been told looks for what is to be built anyway.
    await store.commit({ ...emptyBatch, touched: [name] })
    this.add(name, generation)
    return this.#status(name, generation)
  }

  /** The rebuilds of projections but those that are known better here. */
  async statuses(here: ReadonlyMap<string, unknown>): Promise<readonly RebuildStatus[]> {
    const known = [...this.#generations].filter(([name]) => !here.has(name))
    return Promise.all(known.map(([name, generation]) => this.#status(name, generation)))
  }

  async #status(name: string, generation: number): Promise<RebuildStatus> {
    const { store } = this.#options
    const generations = await store.generations(name)
    const live = generations.find((one) => one.status === 'live')?.generation ?? 1
    const positions = async (of: number): Promise<number> =>
      (await store.checkpoints(subscriptionName(name, of))).reduce((sum, { position }) => sum + position, 0)
    const processed = await positions(live >= generation ? live : generation)
    const total = Math.max(processed, await positions(live))
    const is = { unit: name, generation, processed, total }
    if (live >= generation) return { ...is, state: 'done' }
    if (!generations.some((one) => one.generation === generation))
      return { ...is, state: 'failed', failure: 'It was given up by the instance that did it.' }
    const dead = processed < total ? 0 : await this.#deadOf(name, generation, live)
    if (dead === 0) return { ...is, state: 'running' }
    const failure = `${dead} messages could not be folded; generation ${live} goes on serving.`
    return { ...is, state: 'failed', failure }
  }

  /** How many messages are dead of a generation that has more set aside than the live one, and tries none any more. */
  async #deadOf(name: string, generation: number, live: number): Promise<number> {
    const all = await this.#options.store.parkedCounts()
    const count = (of: number, ...statuses: readonly string[]): number =>
      all
        .filter((one) => one.subscription === subscriptionName(name, of) && statuses.includes(one.status))
        .reduce((sum, one) => sum + one.count, 0)
    const every = ['pending', 'retrying', 'behind', 'dead']
    const isWorse = count(generation, ...every) > count(live, ...every)
    return isWorse && count(generation, 'pending', 'retrying') === 0 ? count(generation, 'dead') : 0
  }
}
