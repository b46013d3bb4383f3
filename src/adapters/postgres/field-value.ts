import { createHash } from 'node:crypto'
import type { Comparison } from '../../ports/index.ts'

/** Bytes that order the values of declared fields: missing, numbers, strings, booleans, each kind by its first byte. */
const missing = Buffer.of(0)
const numberKind = 1
const stringKind = 2
const booleanKind = 3

/**
 * An entry of an index has room for some 2,700 bytes, key included. What is longer than this is cut, and a hash of all
 * of it put behind: equal values stay equal and different ones different; those that differ only behind the cut are in
 * the order of their hashes.
 */
const bytesMax = 1_024
const hashBytes = 32

/** A number so that the order of the bytes is that of the numbers; 0 and -0 are one. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = numberKind
  bytes.writeDoubleBE(value === 0 ? 0 : value, 1)
  const negative = (bytes[1] as number) >= 0x80
  for (let index = 1; index < 9; index++)
    bytes[index] = (bytes[index] as number) ^ (negative ? 0xff : index === 1 ? 0x80 : 0)
  return bytes
}

function stringBytes(value: string): Buffer {
  const bytes = Buffer.concat([Buffer.of(stringKind), Buffer.from(value)])
  if (bytes.length <= bytesMax) return bytes
  const hash = createHash('sha256').update(value).digest()
  return Buffer.concat([bytes.subarray(0, bytesMax - hashBytes), hash])
}

/** The bytes of a value by which rows are found and ordered. */
export function fieldValue(value: unknown): Buffer {
  if (typeof value === 'number') return numberBytes(value)
  if (typeof value === 'string') return stringBytes(value)
  return typeof value === 'boolean' ? Buffer.of(booleanKind, value ? 1 : 0) : missing
}

/** A declared field of a row; undefined where it is missing. */
export function fieldOf(data: unknown, field: string): unknown {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, field)) return undefined
  return (data as Record<string, unknown>)[field]
}

/** Bytes as PostgreSQL reads them. */
export function byteaText(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`
}

/** The operators of the comparisons. */
export const operators: Readonly<Record<Comparison, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>='
}

/** The bounds of the kind of a value: an order comparison holds only within them. */
export function kindBounds(value: Buffer): readonly [from: Buffer, before: Buffer] {
  const kind = value[0] ?? 0
  return [Buffer.of(kind), Buffer.of(kind + 1)]
}
