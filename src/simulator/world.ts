import { crc32 } from 'node:zlib'
import type { Cancel } from '../ports/index.ts'
import { enterWorld, leaveWorld } from './forbidden-globals.ts'

/** One life of a node, from its start to its crash or stop: what it set off ends with it. */
export interface Life {
  /** False from the crash on: nothing that this life has begun goes on. */
  alive: boolean
  /** Until then nothing of this life happens; what is due waits. */
  pausedUntilMs: number
}

/** A life that never ends: that of the world itself, and of the clients. */
export const eternal: Life = { alive: true, pausedUntilMs: 0 }

interface Happening {
  atMs: number
  order: number
  readonly life: Life
  readonly label: string
  task: (() => void) | undefined
}

function isBefore(left: Happening, right: Happening): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}

/** What is to come, the earliest first: a binary heap. */
class Agenda {
  readonly #heap: Happening[] = []

  get size(): number {
    return this.#heap.length
  }

  get first(): Happening | undefined {
    return this.#heap[0]
  }

  push(happening: Happening): void {
    const heap = this.#heap
    let at = heap.push(happening) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Happening
      if (!isBefore(happening, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = happening
  }

  pop(): Happening | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && isBefore(heap[right] as Happening, heap[child] as Happening)) child = right
      const below = heap[child] as Happening
      if (!isBefore(below, last)) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return first
  }
}

/** Runs `step` when every promise that can go on has done so: ticks come after all microtasks, from within one. */
function drained(step: () => void): void {
  queueMicrotask(() => process.nextTick(step))
}

function wordOf(text: string): number {
  let word = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    word = Math.imul(word ^ text.charCodeAt(index), 0x01000193)
  return word
}

/** Happenings after which the event loop of the process gets a turn, so that signals and progress are heard. */
const breatheEach = 20_000

/**
 * Virtual time, and everything that happens in it, one after the other: what is due at the same time happens in the
 * order in which it was scheduled. Between two happenings every promise that can go on does so. The trace folds each
 * happening into a hash: two runs with equal hashes went the same way.
 */
export class World {
  readonly #agenda = new Agenda()
  readonly #labels = new Map<string, number>()
  #nowMs = 0
  #order = 0
  #happened = 0
  #hashA = 0x811c9dc5
  #hashB = 0x9e3779b9
  #failed: { readonly thrown: unknown } | undefined

  /** Virtual milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** How much has happened. */
  get happened(): number {
    return this.#happened
  }

  /** Of everything that has happened so far. */
  get traceHash(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
    return hex(this.#hashA) + hex(this.#hashB)
  }

  /** Folds something into the trace that is more than the label of a happening says: few texts, which repeat. */
  trace(label: string): void {
    let word = this.#labels.get(label)
    if (word === undefined) {
      word = wordOf(label)
      this.#labels.set(label, word)
    }
    this.#fold(word)
  }

  /** Folds data into the trace, which hardly ever repeat. */
  traceData(data: unknown): void {
    this.#fold(crc32(JSON.stringify(data)))
  }

  #fold(word: number): void {
    this.#hashA = Math.imul(this.#hashA ^ word, 0x01000193)
    this.#hashB = (Math.imul(this.#hashB, 0x85ebca6b) ^ (word + this.#nowMs)) | 0
  }

  /** Lets `task` happen after `delayMs`, unless the life has ended by then or it was called off. */
  after(delayMs: number, life: Life, label: string, task: () => void): Cancel {
    const atMs = this.#nowMs + Math.max(0, delayMs)
    const happening: Happening = { atMs, order: this.#order++, life, label, task }
    this.#agenda.push(happening)
    return () => {
      happening.task = undefined
    }
  }

  /** Resolves with what `produce` gives after `delayMs`; never, when the life has ended by then. */
  later<Result>(delayMs: number, life: Life, label: string, produce: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.after(delayMs, life, label, () => {
        try {
          resolve(produce())
        } catch (thrown) {
          reject(thrown)
        }
      })
    })
  }

  /** Ends the run: what was found is thrown to whoever runs the world. The first finding counts. */
  fail(thrown: unknown): void {
    this.#failed ??= { thrown }
  }

  /**
   * Lets things happen until `done` says so, nothing is to come, or virtual time would pass `untilMs`. Gives whether
   * `done` said so. Throws what `fail` was given.
   */
  run(untilMs: number, done: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        leaveWorld()
        if (this.#failed) {
          reject(this.#failed.thrown)
          return
        }
        if (done()) {
          resolve(true)
          return
        }
        const next = this.#next(untilMs)
        if (next === undefined) {
          this.#nowMs = Math.max(this.#nowMs, untilMs)
          resolve(done())
          return
        }
        enterWorld(this)
        this.#happen(next)
        queueMicrotask(() => process.nextTick(this.#happened % breatheEach === 0 ? breathe : step))
      }
      const breathe = (): void => {
        leaveWorld()
        setImmediate(step)
      }
      // Whoever called may have set off promises that must go on first, and may itself be called from anywhere.
      drained(step)
    })
  }

  #next(untilMs: number): Happening | undefined {
    for (let first = this.#agenda.first; first !== undefined; first = this.#agenda.first) {
      if (first.task === undefined || !first.life.alive) {
        this.#agenda.pop()
        continue
      }
      if (first.atMs > untilMs) return undefined
      this.#agenda.pop()
      const { pausedUntilMs } = first.life
      if (pausedUntilMs <= first.atMs) return first
      first.atMs = pausedUntilMs
      first.order = this.#order++
      this.#agenda.push(first)
    }
    return undefined
  }

  #happen({ atMs, label, task }: Happening): void {
    this.#nowMs = Math.max(this.#nowMs, atMs)
    this.#happened += 1
    this.trace(label)
    try {
      task?.()
    } catch (thrown) {
      this.fail(thrown)
    }
  }
}
