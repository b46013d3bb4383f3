import { type ProjectionDefinition, toFailure } from '../core/index.ts'
import type { Cancel, Feed } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import { projectionHandler } from './projection-handler.ts'
import type { Listening } from './status-elsewhere.ts'

/** How often a service says how far it is. */
const reportMs = 10_000
/** How long a service that stops waits for those whom it tells. */
const lastMs = 1_000

function lowest(all: readonly (readonly number[])[], heads: readonly number[]): readonly number[] {
  return heads.map((head, partition) => Math.min(head, ...all.map((positions) => positions[partition] ?? 0)))
}

/**
 * Tells the publishers how far this service has committed, so that they archive nothing that it needs: to each source
 * that wants to know, and to its own store, the lowest checkpoint of all subscriptions that listen to it. What is told
 * is read from the store, so every instance of a service tells the same. Does nothing where nobody wants to know.
 */
export class Acknowledgements {
  readonly #engine: Engine
  #alarm: Cancel | undefined
  #begun = false
  #hasLast = false
  #told: Promise<void> = Promise.resolve()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Tells it now, and again and again until `end`. */
  begin(): void {
    if (this.#feeds().length === 0) return
    this.#begun = true
    void this.#beat()
  }

  /** Tells nothing by itself any more; what was passed over is written by the turn that comes next. */
  end(): void {
    if (!this.#begun) return
    this.#begun = false
    this.#hasLast = true
    this.#alarm?.()
    this.#engine.writeProgress()
  }

  /** Tells it once more, after the last commit of a service that had begun to; who does not answer is not waited for. */
  async last(): Promise<void> {
    if (!this.#hasLast) return
    this.#hasLast = false
    const { clock } = this.#engine.options
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(lastMs, resolve)
      void this.report().then(() => {
        cancel()
        resolve()
      })
    })
  }

  async #beat(): Promise<void> {
    await this.report()
    if (!this.#begun) return
    // Where nothing of what is passed over is wanted, no checkpoint would be written otherwise.
    this.#engine.writeProgress()
    this.#alarm = this.#engine.options.clock.schedule(reportMs, () => void this.#beat())
  }

  /**
   * Tells everybody once, after what is being told already, which is older. Who cannot be told now is told later: what is
   * not known to be committed is kept.
   */
  report(): Promise<void> {
    this.#told = this.#told.then(() => this.#report())
    return this.#told
  }

  async #report(): Promise<void> {
    try {
      const listening = await this.#listening()
      await Promise.all(this.#feeds().map((feed) => this.#tell(feed, listening)))
    } catch (thrown) {
      this.#failed(thrown)
    }
  }

  #feeds(): readonly Feed[] {
    const { bus, store, definition } = this.#engine.options
    const sources = new Set(this.#engine.handlers.flatMap((handler) => handler.sources))
    sources.delete(definition.name)
    const feeds: readonly Feed[] = [store, ...[...sources].map((source) => bus.feed(source))]
    return feeds.filter(({ acknowledge }) => acknowledge !== undefined)
  }

  /** All subscriptions there are, with those of generations that are being built. */
  async #listening(): Promise<readonly Listening[]> {
    const { definition, store } = this.#engine.options
    const projections = [...definition.units.values()].filter(
      (unit): unit is ProjectionDefinition => unit.kind === 'projection'
    )
    const ofProjections = await Promise.all(
      projections.map(async (unit) => {
        const generations = await store.generations(unit.name)
        return generations.map(({ generation }) => projectionHandler(unit, generation))
      })
    )
    const names = new Set(projections.map(({ name }) => name))
    const others = this.#engine.handlers.filter(
      ({ subscription }) => !names.has(subscription.split('@', 1)[0] ?? '')
    )
    return [...others, ...ofProjections.flat()]
  }

  async #tell(feed: Feed, listening: readonly Listening[]): Promise<void> {
    const { definition, store } = this.#engine.options
    try {
      const heads = await feed.heads()
      const concerned = listening.filter(({ sources }) => sources.includes(feed.service))
      const committed = await Promise.all(
        concerned.map(async ({ subscription }) => {
          const positions: number[] = []
          for (const { source, partition, position } of await store.checkpoints(subscription))
            if (source === feed.service) positions[partition] = position
          return positions
        })
      )
      await feed.acknowledge?.(definition.name, lowest(committed, heads))
    } catch (thrown) {
      this.#failed(thrown, feed.service)
    }
  }

  #failed(thrown: unknown, source?: string): void {
    const { definition, log } = this.#engine.options
    log.debug('a publisher was not told how far this service is', {
      service: definition.name,
      ...(source === undefined ? {} : { source }),
      failure: toFailure(thrown).message
    })
  }
}
