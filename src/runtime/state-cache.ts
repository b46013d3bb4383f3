import type { BatchPosition } from '../ports/index.ts'

/** The state of one key as a turn works on it; version 0 when there is none. */
export interface Entry {
  readonly version: number
  readonly sequence: number
  readonly lastPosition: BatchPosition
  readonly data: unknown
}

/** What a key has that was never written. */
export const absent: Entry = { version: 0, sequence: 0, lastPosition: 0, data: undefined }

/**
 * The committed states used last, at most twice `halfMax`. Two generations: what is asked for moves to the young
 * one; when that is full it becomes the old one and the former old one is forgotten.
 */
export class StateCache {
  readonly #halfMax: number
  readonly #unkept: ReadonlySet<string>
  #young = new Map<string, Map<string, Entry>>()
  #old = new Map<string, Map<string, Entry>>()
  #youngSize = 0

  /** Nothing is kept of the `unkept` units: others may change their states at any time. */
  constructor(entriesMax: number, unkept: ReadonlySet<string> = new Set()) {
    this.#halfMax = Math.max(1, Math.floor(entriesMax / 2))
    this.#unkept = unkept
  }

  get(unit: string, key: string): Entry | undefined {
    const young = this.#young.get(unit)?.get(key)
    if (young) return young
    const old = this.#old.get(unit)?.get(key)
    if (old) this.set(unit, key, old)
    return old
  }

  set(unit: string, key: string, entry: Entry): void {
    if (this.#unkept.has(unit)) return
    let entries = this.#young.get(unit)
    if (!entries) {
      entries = new Map()
      this.#young.set(unit, entries)
    }
    const sizeBefore = entries.size
    entries.set(key, entry)
    this.#youngSize += entries.size - sizeBefore
    if (this.#youngSize < this.#halfMax) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngSize = 0
  }

  /** Forgets the states of a unit, or the rows of a set. */
  forget(unit: string): void {
    this.#youngSize -= this.#young.get(unit)?.size ?? 0
    this.#young.delete(unit)
    this.#old.delete(unit)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#youngSize = 0
  }
}
