import type { ServiceDefinition } from '../core/index.ts'
import type { BatchPosition } from '../ports/index.ts'
import type { Tenure } from './tenure.ts'

/** The state of one key as a turn works on it; version 0 when there is none. */
export interface Entry {
  readonly version: number
  readonly sequence: number
  readonly lastPosition: BatchPosition
  readonly revision: number
  readonly data: unknown
}

/** What a key has that was never written. */
export const absent: Entry = { version: 0, sequence: 0, lastPosition: 0, revision: 0, data: undefined }

/** What a row of a projection is kept as. */
export function rowEntry(data: unknown): Entry {
  return { ...absent, version: 1, data }
}

/** States that other instances may change at any time. */
export interface SharedStates {
  readonly units: ReadonlySet<string>
  /** Whether no other instance is known: beside one, what is kept would often be old. */
  readonly alone: () => boolean
}

/**
 * The states of a service that several instances write. Rows are not among them: only who holds a projection writes
 * them. None where a service has one instance only.
 */
export function sharedStates({ units }: ServiceDefinition, tenure: Tenure): SharedStates | undefined {
  if (!tenure.shared) return undefined
  const keeping = [...units.values()].filter(
    ({ kind }) => kind === 'state-machine' || kind === 'process-manager'
  )
  return { units: new Set(keeping.map(({ name }) => name)), alone: () => tenure.alone }
}

/**
 * The committed states used last, at most twice `halfMax`. Two generations: what is asked for moves to the young
 * one; when that is full it becomes the old one and the former old one is forgotten.
 */
export class StateCache {
  readonly #halfMax: number
  readonly #shared: SharedStates | undefined
  #young = new Map<string, Map<string, Entry>>()
  #old = new Map<string, Map<string, Entry>>()
  #youngSize = 0

  constructor(entriesMax: number, shared?: SharedStates) {
    this.#halfMax = Math.max(1, Math.floor(entriesMax / 2))
    this.#shared = shared
  }

  /** Whether what is kept of a unit may have been changed by another instance since. */
  isShared(unit: string): boolean {
    return this.#shared?.units.has(unit) ?? false
  }

  #isKept(unit: string): boolean {
    if (!this.isShared(unit) || this.#shared?.alone() === true) return true
    // By the time that this instance is alone again it would be old.
    this.forget(unit)
    return false
  }

  get(unit: string, key: string): Entry | undefined {
    if (!this.#isKept(unit)) return undefined
    const young = this.#young.get(unit)?.get(key)
    if (young) return young
    const old = this.#old.get(unit)?.get(key)
    if (old) this.#put(unit, key, old)
    return old
  }

  set(unit: string, key: string, entry: Entry): void {
    if (this.#isKept(unit)) this.#put(unit, key, entry)
  }

  #put(unit: string, key: string, entry: Entry): void {
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

  /** Forgets all that another instance may have changed. */
  forgetShared(): void {
    for (const unit of this.#shared?.units ?? []) this.forget(unit)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#youngSize = 0
  }
}
