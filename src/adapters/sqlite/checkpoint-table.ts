import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { Checkpoint, CheckpointMove } from '../../ports/index.ts'

/** How far subscriptions have come. */
export interface CheckpointTable {
  /** Moves all, each from where it must stand; fails with `CHECKPOINT_CONFLICT` at the first that does not. */
  write(moves: readonly CheckpointMove[]): void
  read(subscription: string): readonly Checkpoint[]
  /** Forgets a subscription. */
  drop(subscription: string): void
}

/** Opens the checkpoint table. */
export function checkpointTable(db: DatabaseSync): CheckpointTable {
  const insert = db.prepare(
    'INSERT INTO checkpoint (subscription, source, partition, position, done) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
  )
  const update = db.prepare(
    'UPDATE checkpoint SET position = ?, done = done + ? WHERE subscription = ? AND source = ? AND partition = ? AND position = ?'
  )
  const all = db.prepare(
    'SELECT source, partition, position, done FROM checkpoint WHERE subscription = ? ORDER BY source, partition'
  )
  const remove = db.prepare('DELETE FROM checkpoint WHERE subscription = ?')

  return {
    write(moves) {
      for (const { subscription, source, partition, from, to, done } of moves) {
        const moved = update.run(to, done, subscription, source, partition, from).changes === 1
        if (moved || (from === 0 && insert.run(subscription, source, partition, to, done).changes === 1))
          continue
        const hint = `${subscription} is no longer at position ${from} of ${source}:${partition}.`
        throw new Failure('CHECKPOINT_CONFLICT', { hint, subscription, source, partition, from })
      }
    },
    read: (subscription) =>
      all.all(subscription).map((row) => ({
        source: row['source'] as string,
        partition: row['partition'] as number,
        position: row['position'] as number,
        done: row['done'] as number
      })),
    drop(subscription) {
      remove.run(subscription)
    }
  }
}
