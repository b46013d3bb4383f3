/** Numbers that look random and follow from a seed alone. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number from 0 up to, but not with, `bound`. */
  below(bound: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item
  /** A whole number of milliseconds around `meanMs`: exponential, so that a few are much longer. */
  around(meanMs: number): number
}

/** Two words of a text, well mixed. */
function seedsOf(text: string): readonly [number, number] {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b) + a
  }
  return [a >>> 0, b >>> 0]
}

/**
 * The stream of that name of a seed. Streams are independent of each other, so that drawing more from one (because a
 * fault was left out, say) does not change another. The generator is sfc32 of Chris Doty-Humphrey's PractRand.
 */
export function randomStream(seed: number, name: string): Random {
  let [a, b] = seedsOf(`${seed}/${name}`)
  let c = seed >>> 0
  let counter = 1
  const word = (): number => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  // The first words still show the seed.
  for (let round = 0; round < 12; round++) word()
  const next = (): number => word() / 2 ** 32
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    around: (meanMs) => Math.floor(-Math.log(1 - next()) * meanMs)
  }
}
