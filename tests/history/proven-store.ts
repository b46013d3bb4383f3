import type { Store } from '../../src/ports/index.ts'
import { differences } from './differences.ts'
import { change, readHistory, replay } from './replay.ts'

/** How a store stands to the history that was recorded of it. */
export interface ProvenStore {
  readonly problems: readonly string[]
  /** How many changes the model has made as the store did. */
  readonly commits: number
  /** Whether the change that the last life left open was written; undefined when there was none. */
  readonly unsettled: boolean | undefined
}

/**
 * I30: leads everything that was recorded of a service through the simulator's model, and compares what the model has
 * then with what the store has, in every part. What the last life left open was written whole, or not at all.
 */
export async function provenAgainstModel(store: Store, files: readonly string[]): Promise<ProvenStore> {
  const lines = readHistory(files.slice(0, -1))
  const made = replay(lines, store.service, store.partitions)
  const without = await differences(store, made.disk, made.named)
  const { problems, changes: commits, open } = made
  if (!open) return { problems: [...problems, ...without], commits, unsettled: undefined }
  if (without.length === 0) return { problems, commits, unsettled: false }
  try {
    change(made.disk, open)
  } catch (thrown) {
    return { problems: [...problems, ...without, String(thrown)], commits, unsettled: false }
  }
  const written = await differences(store, made.disk, made.named)
  const closest = written.length < without.length ? written : without
  return {
    problems: written.length === 0 ? problems : [...problems, ...closest],
    commits: commits + 1,
    unsettled: written.length < without.length
  }
}
