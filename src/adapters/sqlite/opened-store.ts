import type { DatabaseSync } from 'node:sqlite'
import type { Batch, Committed } from '../../ports/index.ts'
import { type AnswerTable, answerTable } from './answer-table.ts'
import { type CheckpointTable, checkpointTable } from './checkpoint-table.ts'
import { type GenerationTable, generationTable } from './generation-table.ts'
import { type LogTable, logTable } from './log-table.ts'
import { type ParkedTable, parkedTable } from './parked-table.ts'
import { type StateTable, stateTable } from './state-table.ts'
import { type TimerTable, timerTable } from './timer-table.ts'

/** Everything prepared on one opening of the file; a reopened file has a new one. */
export interface OpenedStore {
  readonly log: LogTable
  readonly states: StateTable
  readonly checkpoints: CheckpointTable
  readonly timers: TimerTable
  readonly parked: ParkedTable
  readonly answers: AnswerTable
  readonly generations: GenerationTable
  commit(batch: Batch): Committed
  /** Runs `change` in a transaction of its own. */
  transaction<Result>(change: () => Result): Result
}

/** Prepares the statements of a store on an open database. */
export function openedStore(
  db: DatabaseSync,
  service: string,
  partitions: number,
  messageBytesMax: number
): OpenedStore {
  const log = logTable(db, service, partitions, messageBytesMax)
  const states = stateTable(db)
  const checkpoints = checkpointTable(db)
  const timers = timerTable(db)
  const parked = parkedTable(db)
  const answers = answerTable(db)
  const generations = generationTable(db, (subscription) => {
    checkpoints.drop(subscription)
    parked.drop(subscription)
  })
  const begin = db.prepare('BEGIN IMMEDIATE')
  const end = db.prepare('COMMIT')

  function transaction<Result>(change: () => Result): Result {
    begin.run()
    try {
      const result = change()
      end.run()
      return result
    } catch (thrown) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw thrown
    }
  }

  function commit(batch: Batch): Committed {
    const written = transaction(() => {
      checkpoints.write(batch.checkpoints)
      const rows = log.write(batch.log)
      states.write(batch.states, rows.positions)
      timers.write(batch.timers)
      parked.change(batch.parkedChanges)
      const aside = parked.write(batch.parked)
      answers.write(batch.answers, (row) => rows.placeOf(row))
      answers.writeAudit(batch.audit)
      generations.write(batch.projections)
      return { rows, aside }
    })
    written.rows.settle()
    written.aside.settle()
    return { positions: written.rows.positions, parkedNumbers: written.aside.numbers }
  }

  return { log, states, checkpoints, timers, parked, answers, generations, commit, transaction }
}
