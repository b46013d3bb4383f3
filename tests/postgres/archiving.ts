import { createHash } from 'node:crypto'
import { copyOfOldest, noNeeds, retentionOf } from '../../src/conformance/retention-stage.ts'
import type { LogRow, Store } from '../../src/ports/index.ts'

/** What `archive` is told of the oldest range, and its rows. */
export function copyOf(store: Store): ReturnType<typeof copyOfOldest> {
  return copyOfOldest(store, (text) => createHash('sha256').update(text).digest('hex'))
}

/** Archives the oldest range and gives its rows. */
export async function archiveOldest(store: Store): Promise<readonly LogRow[]> {
  const { copy, kept } = await copyOf(store)
  await retentionOf(store).archive(copy, noNeeds, 'test')
  return kept
}
