import type { Ids } from '../ports/index.ts'

/** Ids that are the same on every run with the same seed. Two of different seeds may give equal ids. */
export function testIds(seed = 1): Ids {
  let state = seed >>> 0
  let count = 0
  // A Weyl sequence through a 32-bit finalizer: enough for tests, and no seed leads to a fixed point.
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let bits = state
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad)
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
    return (bits ^ (bits >>> 15)) >>> 0
  }
  const hex = (words: number): string => {
    let text = ''
    for (let word = 0; word < words; word++) text += next().toString(16).padStart(8, '0')
    // The one combination that trace context forbids.
    return /^0+$/.test(text) ? hex(words) : text
  }
  return {
    unique: () => `id-${seed}-${++count}`,
    traceId: () => hex(4),
    spanId: () => hex(2),
    random: () => next() / 2 ** 32
  }
}
