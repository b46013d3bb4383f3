import { type Random, randomStream } from './random.ts'

/** What can go wrong in a simulated world, and what it means. */
export const faultClasses = {
  crash: 'a node ends at a call to one of its ports, and starts again a while later',
  'crash-before-write':
    'a node ends while it writes, before anything is on the disk: the unsynced tail is lost',
  'crash-after-write': 'a node ends after its write is on the disk, before anybody was told',
  'disk-full': 'a write finds no space; nothing is written, for a while',
  'sync-fails': 'a sync fails: nothing of the write is kept, and the store opens its files again',
  'commit-unknown': 'a write fails though it is on the disk',
  'slow-disk': 'a write takes a hundred times as long',
  'message-lost': 'an announcement does not arrive; its rows are read from the feed later',
  'message-duplicated': 'an announcement arrives twice',
  'message-delayed': 'an announcement arrives after later ones of other keys',
  partition: 'a node hears nobody and is heard by nobody, for a while',
  'one-way-partition': 'a node is not heard by another that it hears, for a while',
  pause: 'a node stands still for a while, and does not know',
  'clock-jump': 'the wall clock of a node jumps, forwards or backwards',
  'request-lost': 'a command of a client does not arrive',
  'answer-lost':
    'the answer to a command does not arrive; the client sends it again with the same idempotency key',
  'effect-fails': 'an outside effect fails before it has done anything',
  'effect-late': 'an outside effect is done, but its answer is lost',
  'effect-hangs': 'an outside effect is not done and never answers',
  'poison-message':
    'the transition of a message throws, however often it is tried, until the world is healed',
  deploy: 'nodes are stopped one after the other and start as the next version'
} as const

/** The name of a kind of fault. */
export type FaultClass = keyof typeof faultClasses

/** How likely each kind of fault is wherever it can happen; those that are missing never happen. */
export type FaultRates = Partial<Record<FaultClass, number>>

/** A fault that has happened: its id says when in its stream, so that it can be left out in another run. */
export interface FiredFault {
  readonly id: string
  readonly kind: FaultClass
  readonly where: string
  readonly atMs: number
}

/** The usual rate of each kind, which a seed multiplies by a factor of its own. */
const usualRates: Readonly<Record<FaultClass, number>> = {
  crash: 0.0005,
  'crash-before-write': 0.004,
  'crash-after-write': 0.004,
  'disk-full': 0.003,
  'sync-fails': 0.003,
  'commit-unknown': 0.004,
  'slow-disk': 0.01,
  'message-lost': 0.05,
  'message-duplicated': 0.05,
  'message-delayed': 0.05,
  partition: 0.003,
  'one-way-partition': 0.003,
  pause: 0.003,
  'clock-jump': 0.002,
  'request-lost': 0.03,
  'answer-lost': 0.03,
  'effect-fails': 0.08,
  'effect-late': 0.05,
  'effect-hangs': 0.02,
  'poison-message': 0.003,
  deploy: 0.5
}

const names = Object.keys(faultClasses) as FaultClass[]

/** The faults of a seed: about half of the kinds, each with a rate of its own. Some seeds have none at all. */
export function swarmRates(seed: number): FaultRates {
  const random = randomStream(seed, 'swarm')
  const share = random.chance(0.05) ? 0 : 0.2 + 0.6 * random.next()
  const rates: FaultRates = {}
  for (const name of names) {
    const factor = random.pick([0.3, 1, 1, 3])
    if (random.chance(share)) rates[name] = Math.min(1, usualRates[name] * factor)
  }
  return rates
}

/** Decides which faults happen, and remembers those that did. */
export class Faults {
  readonly #rates: FaultRates
  readonly #only: ReadonlySet<string> | undefined
  readonly #streams = new Map<FaultClass, { readonly random: Random; drawn: number }>()
  readonly #seed: number
  readonly #nowMs: () => number
  readonly #onFired: ((fault: FiredFault) => void) | undefined
  readonly fired: FiredFault[] = []
  /** False from the healing on. */
  active = true

  /** With `only`, a fault happens only if its id is in it: the draws are the same. */
  constructor(
    seed: number,
    rates: FaultRates,
    nowMs: () => number,
    only?: ReadonlySet<string>,
    onFired?: (fault: FiredFault) => void
  ) {
    this.#seed = seed
    this.#rates = rates
    this.#nowMs = nowMs
    this.#only = only
    this.#onFired = onFired
  }

  /** Whether a fault of this kind happens here and now. */
  fires(kind: FaultClass, where: string): boolean {
    const rate = this.#rates[kind]
    if (rate === undefined || !this.active) return false
    let stream = this.#streams.get(kind)
    if (!stream) {
      stream = { random: randomStream(this.#seed, `fault ${kind}`), drawn: 0 }
      this.#streams.set(kind, stream)
    }
    stream.drawn += 1
    if (!stream.random.chance(rate)) return false
    const id = `${kind}#${stream.drawn}`
    if (this.#only && !this.#only.has(id)) return false
    const fault = { id, kind, where, atMs: this.#nowMs() }
    this.fired.push(fault)
    this.#onFired?.(fault)
    return true
  }
}
