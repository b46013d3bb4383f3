import { assert } from './assert.ts'
import { fnv1a, fnv1aStart } from './fnv1a.ts'

/** How many partitions a log has unless its store says otherwise. Fixed for the life of a log. */
export const partitionsDefault = 16

/** The partition of a key: FNV-1a over its UTF-16 units, so that every process and version agrees. */
export function partitionOf(key: string, partitions: number): number {
  assert(partitions > 0, 'a log has partitions')
  return fnv1a(key, fnv1aStart) % partitions
}
