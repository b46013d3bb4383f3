import { Failure } from '../../core/index.ts'
import type { Checkpoint, CheckpointMove } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import type { Statement } from './statement.ts'
import { plainText, storedText } from './stored-text.ts'

/** One move for each checkpoint, where a batch has several that follow each other. */
function wholeMoves(moves: readonly CheckpointMove[]): readonly CheckpointMove[] {
  const whole = new Map<string, CheckpointMove>()
  for (const move of moves) {
    const { subscription, source, partition, from } = move
    const name = JSON.stringify([subscription, source, partition])
    const before = whole.get(name)
    if (before && before.to !== from) {
      const hint = `${subscription} is no longer at position ${from} of ${source}:${partition}.`
      throw new Failure('CHECKPOINT_CONFLICT', { hint, subscription, source, partition, from })
    }
    whole.set(name, before ? { ...move, from: before.from, done: before.done + move.done } : move)
  }
  return [...whole.values()]
}

/** How far subscriptions have come: a row for each partition, for instances share the partitions of a source. */
export class CheckpointTable {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  /** The call that makes all moves, each from where it must stand. */
  write(statement: Statement, moves: readonly CheckpointMove[]): string {
    const column = statement.columnsOf(wholeMoves(moves))
    const parts = [
      column('text', (move) => storedText(move.subscription)),
      column('text', (move) => storedText(move.source)),
      column('integer', (move) => move.partition),
      column('bigint', (move) => move.from),
      column('bigint', (move) => move.to),
      column('bigint', (move) => move.done)
    ]
    return `${this.#schema}.move_checkpoints(${parts.join(', ')})`
  }

  async read(connection: PostgresConnection, subscription: string): Promise<readonly Checkpoint[]> {
    const { rows } = await connection.query(
      `SELECT source, partition, position, done FROM ${this.#schema}.checkpoint WHERE subscription = $1
       ORDER BY source, partition`,
      [storedText(subscription)]
    )
    return rows.map((row) => ({
      source: plainText(row['source']),
      partition: Number(row['partition']),
      position: Number(row['position']),
      done: Number(row['done'])
    }))
  }

  /** Removes a subscription. */
  async remove(connection: PostgresConnection, subscription: string): Promise<void> {
    await connection.query(`DELETE FROM ${this.#schema}.checkpoint WHERE subscription = $1`, [
      storedText(subscription)
    ])
  }
}
