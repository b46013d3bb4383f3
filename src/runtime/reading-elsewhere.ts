import { Failure, type ProjectionDefinition } from '../core/index.ts'
import { type Checkpoint, subscriptionName } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import type { Handler } from './handler.ts'
import { inTime } from './in-time.ts'
import type { LiveGenerations } from './live-generations.ts'
import { projectionHandler } from './projection-handler.ts'
import type { Position } from './reading.ts'

/** How long to wait before checkpoints are looked at again that another instance moves. */
const lookMs = 25
const readMax = 1_000
/** How long the last look may take: it asks a source, which may stand still. */
const lastLookMs = 2_000

/** Finds out how far projections are that another instance may be folding: by the checkpoints in the store. */
export class ReadingElsewhere {
  readonly #engine: Engine
  readonly #live: LiveGenerations

  constructor(engine: Engine, live: LiveGenerations) {
    this.#engine = engine
    this.#live = live
  }

  /** Whether the projection has seen all of these, at the latest after `waitMs` and one look more. */
  async reach(
    projection: ProjectionDefinition,
    wanted: readonly Position[],
    waitMs: number
  ): Promise<boolean> {
    const { clock } = this.#engine.options
    let late = false
    const cancel = clock.schedule(waitMs, () => {
      late = true
    })
    const seen = async (): Promise<boolean> => {
      for (;;) {
        if (await this.#hasSeenAll(projection, wanted)) return true
        if (late) return false
        await this.#nextLook()
      }
    }
    try {
      return (await inTime(clock, waitMs + lastLookMs, seen())) ?? false
    } finally {
      cancel()
      late = true
    }
  }

  /** The next turn here, or a while. */
  #nextLook(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        stopLooking()
        cancel()
        resolve()
      }
      const stopLooking = this.#engine.onTurn(end)
      const cancel = this.#engine.options.clock.schedule(lookMs, end)
    })
  }

  async #hasSeenAll(projection: ProjectionDefinition, wanted: readonly Position[]): Promise<boolean> {
    const missing = wanted.filter((position) => !this.#hasSeenHere(projection.name, position))
    if (missing.length === 0) return true
    if (this.#engine.options.tenure.holds(projection.name) && this.#isPlaced(projection.name)) return false
    const generation = this.#live.of(projection.name)
    const checkpoints = await this.#engine.options.store.checkpoints(
      subscriptionName(projection.name, generation)
    )
    // A generation that was swapped elsewhere has none any more.
    if (checkpoints.length === 0 && (await this.#live.refresh(projection.name))) return false
    const handler = projectionHandler(projection, generation)
    for (const position of missing) if (!(await this.#hasPassed(handler, checkpoints, position))) return false
    return true
  }

  #isPlaced(projection: string): boolean {
    return this.#engine.subscriptions.has(subscriptionName(projection, this.#live.of(projection)))
  }

  #hasSeenHere(projection: string, { source, partition, position }: Position): boolean {
    const name = subscriptionName(projection, this.#live.of(projection))
    const cursor = this.#engine.subscriptions.get(name)?.cursor(source, partition)
    return cursor !== undefined && cursor.seen >= position
  }

  /** Whether nothing that the projection wants lies between its checkpoint and the position. */
  async #hasPassed(
    handler: Handler,
    checkpoints: readonly Checkpoint[],
    { source, partition, position }: Position
  ): Promise<boolean> {
    const at = checkpoints.find((one) => one.source === source && one.partition === partition)
    const feed = this.#engine.options.bus.feed(source)
    for (let after = at?.position ?? 0; after < position; ) {
      const rows = await feed
        .read(partition, after, Math.min(readMax, position - after))
        .catch((thrown: unknown) => {
          if (!(thrown instanceof Failure) || thrown.code !== 'PARTITION_UNKNOWN') throw thrown
          throw new Failure('POSITION_INVALID', { hint: `${source} has no partition ${partition}.` })
        })
      if (rows.length === 0 || rows.some((row) => handler.wants(row))) return false
      after += rows.length
    }
    return true
  }
}
