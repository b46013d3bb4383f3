import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { type Checkpoint, type CheckpointMove, valueOfStoredJson } from '../../ports/index.ts'

/** Where the checkpoint of one partition stands. */
type Place = readonly [partition: number, position: number, done: number]

/** The checkpoints of one subscription in one source. */
interface Reading {
  readonly subscription: string
  readonly source: string
  places: ReadonlyMap<number, Place>
}

/**
 * How far subscriptions have come: a row for each subscription and source with all its partitions, which usually
 * move together. There are few enough to keep all in memory.
 */
export class CheckpointTable {
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #readings: Map<string, Map<string, Reading>> = new Map()

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO checkpoint (subscription, source, places) VALUES (?, ?, ?)'
    )
    this.#remove = db.prepare('DELETE FROM checkpoint WHERE subscription = ?')
    for (const row of db.prepare('SELECT subscription, source, places FROM checkpoint').all()) {
      const reading = this.#reading(row['subscription'] as string, row['source'] as string)
      reading.places = new Map(
        (valueOfStoredJson(row['places']) as Place[]).map((place) => [place[0], place])
      )
    }
  }

  #reading(subscription: string, source: string): Reading {
    const sources = this.#readings.get(subscription) ?? new Map<string, Reading>()
    this.#readings.set(subscription, sources)
    const reading = sources.get(source) ?? { subscription, source, places: new Map() }
    sources.set(source, reading)
    return reading
  }

  /**
   * Writes all moves, each from where it must stand; fails with `CHECKPOINT_CONFLICT` at the first that does not. The
   * returned function takes them over once they are committed.
   */
  write(moves: readonly CheckpointMove[]): () => void {
    const moved = new Map<Reading, Map<number, Place>>()
    for (const { subscription, source, partition, from, to, done } of moves) {
      const reading = this.#reading(subscription, source)
      const places = moved.get(reading) ?? new Map(reading.places)
      const [, position, doneBefore] = places.get(partition) ?? [partition, 0, 0]
      if (position !== from) {
        const hint = `${subscription} is no longer at position ${from} of ${source}:${partition}.`
        throw new Failure('CHECKPOINT_CONFLICT', { hint, subscription, source, partition, from })
      }
      moved.set(reading, places.set(partition, [partition, to, doneBefore + done]))
    }
    for (const [{ subscription, source }, places] of moved)
      this.#put.run(subscription, source, JSON.stringify([...places.values()]))
    return () => {
      for (const [reading, places] of moved) reading.places = places
    }
  }

  read(subscription: string): readonly Checkpoint[] {
    const readings = [...(this.#readings.get(subscription)?.values() ?? [])]
    return readings.flatMap(({ source, places }) =>
      [...places.values()].map(([partition, position, done]) => ({ source, partition, position, done }))
    )
  }

  /** Removes a subscription; `forget` follows when that is committed. */
  remove(subscription: string): void {
    this.#remove.run(subscription)
  }

  forget(subscription: string): void {
    this.#readings.delete(subscription)
  }
}
