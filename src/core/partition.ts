import { assert } from './assert.ts'

/** How many partitions a log has unless its store says otherwise. Fixed for the life of a log. */
export const partitionsDefault = 16

/** The partition of a key: FNV-1a over its UTF-16 units, so that every process and version agrees. */
export function partitionOf(key: string, partitions: number): number {
  assert(partitions > 0, 'a log has partitions')
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % partitions
}
