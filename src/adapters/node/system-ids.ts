import { randomFillSync, randomUUID } from 'node:crypto'
import type { Ids } from '../../ports/index.ts'

const blockBytes = 16_384
const traceIdBytes = 16
const spanIdBytes = 8
const traceIdZero = '0'.repeat(2 * traceIdBytes)
const spanIdZero = '0'.repeat(2 * spanIdBytes)

/** Ids from the operating system's cryptographic randomness, drawn in blocks because one draw costs microseconds. */
export function systemIds(): Ids {
  const block = Buffer.allocUnsafeSlow(blockBytes)
  let used = blockBytes

  const take = (bytes: number): number => {
    if (used + bytes > blockBytes) {
      randomFillSync(block)
      used = 0
    }
    const start = used
    used += bytes
    return start
  }
  const hex = (bytes: number, forbidden: string): string => {
    const start = take(bytes)
    const text = block.toString('hex', start, start + bytes)
    return text === forbidden ? hex(bytes, forbidden) : text
  }

  return {
    unique: () => randomUUID(),
    traceId: () => hex(traceIdBytes, traceIdZero),
    spanId: () => hex(spanIdBytes, spanIdZero),
    random: () => block.readUIntLE(take(6), 6) / 2 ** 48
  }
}
