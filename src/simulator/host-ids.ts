import type { Ids } from '../ports/index.ts'
import type { Random } from './random.ts'

/** Ids that follow from the seed. They never repeat within a world, since each life of a node counts on. */
export function hostIds(name: string, random: Random, counter: { next: number }): Ids {
  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits)
      text += Math.floor(random.next() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
    return /[1-9a-f]/.test(text) ? text.slice(0, digits) : hex(digits)
  }
  return {
    unique: () => `${name}-${counter.next++}`,
    traceId: () => hex(32),
    spanId: () => hex(16),
    random: () => random.next()
  }
}
