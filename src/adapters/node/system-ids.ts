import { randomFillSync, randomUUID } from 'node:crypto'
import type { Ids } from '../../ports/index.ts'

// An id is a part of its block's text and keeps it in memory, so the blocks are small.
const blockBytes = 4_096
const traceIdBytes = 16
const spanIdBytes = 8
const traceIdZero = '0'.repeat(2 * traceIdBytes)
const spanIdZero = '0'.repeat(2 * spanIdBytes)

/** Ids from the operating system's cryptographic randomness, drawn in blocks because one draw costs microseconds. */
export function systemIds(): Ids {
  const block = Buffer.allocUnsafeSlow(blockBytes)
  let blockHex = ''
  let used = blockBytes

  const take = (bytes: number): number => {
    if (used + bytes > blockBytes) {
      randomFillSync(block)
      blockHex = block.toString('hex')
      used = 0
    }
    const start = used
    used += bytes
    return start
  }
  const hex = (bytes: number, forbidden: string): string => {
    const start = take(bytes)
    const text = blockHex.slice(2 * start, 2 * (start + bytes))
    return text === forbidden ? hex(bytes, forbidden) : text
  }

  return {
    unique: () => randomUUID(),
    traceId: () => hex(traceIdBytes, traceIdZero),
    spanId: () => hex(spanIdBytes, spanIdZero),
    random: () => block.readUIntLE(take(6), 6) / 2 ** 48
  }
}
