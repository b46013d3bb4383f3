import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Batch, type Committed, type Generation, subscriptionName } from '../../ports/index.ts'
import { AnswerTable } from './answer-table.ts'
import { CheckpointTable } from './checkpoint-table.ts'
import { GenerationTable } from './generation-table.ts'
import { LogTable } from './log-table.ts'
import { ParkedTable } from './parked-table.ts'
import { StateTable } from './state-table.ts'
import { TimerTable } from './timer-table.ts'

/** Everything prepared on one opening of the file; a reopened file has a new one. */
export class OpenedStore {
  readonly log: LogTable
  readonly states: StateTable
  readonly checkpoints: CheckpointTable
  readonly timers: TimerTable
  readonly parked: ParkedTable
  readonly answers: AnswerTable
  readonly generations: GenerationTable
  readonly #db: DatabaseSync
  readonly #begin: StatementSync
  readonly #end: StatementSync

  constructor(db: DatabaseSync, service: string, partitions: number, messageMaxBytes: number) {
    this.#db = db
    this.log = new LogTable(db, service, partitions, messageMaxBytes)
    this.states = new StateTable(db)
    this.checkpoints = new CheckpointTable(db)
    this.timers = new TimerTable(db)
    this.parked = new ParkedTable(db)
    this.answers = new AnswerTable(db)
    this.generations = new GenerationTable(db)
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#end = db.prepare('COMMIT')
  }

  #transaction<Result>(change: () => Result): Result {
    this.#begin.run()
    try {
      const result = change()
      this.#end.run()
      return result
    } catch (thrown) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw thrown
    }
  }

  /** Writes a batch or nothing. What is kept in memory changes only when the transaction is committed. */
  commit(batch: Batch): Committed {
    const { rows, moved, aside } = this.#transaction(() => {
      const moved = this.checkpoints.write(batch.checkpoints)
      const rows = this.log.write(batch.log)
      this.states.write(batch.states, rows.positions)
      this.timers.write(batch.timers)
      this.parked.change(batch.parkedChanges)
      const aside = this.parked.write(batch.parked)
      this.answers.write(batch.answers, (row) => rows.placeOf(row))
      this.answers.writeAudit(batch.audit)
      this.generations.write(batch.projections)
      return { rows, moved, aside }
    })
    rows.settle()
    moved()
    aside.settle()
    return { positions: rows.positions, parkedNumbers: aside.numbers }
  }

  addGeneration(generation: Generation, indexes: readonly string[]): void {
    this.#changeGenerations(() => {
      this.generations.add(generation, indexes)
      return []
    })
  }

  swapGeneration(projection: string, generation: number): void {
    this.#changeGenerations(() => this.generations.swap(projection, generation))
  }

  dropGeneration(projection: string, generation: number): void {
    this.#changeGenerations(() => [this.generations.drop(projection, generation)])
  }

  /** Changes generations and forgets the subscriptions of those that `change` gives. */
  #changeGenerations(change: () => readonly Generation[]): void {
    const gone = this.#transaction(() => {
      const names = change().map(({ projection, generation }) => subscriptionName(projection, generation))
      for (const name of names) {
        this.checkpoints.remove(name)
        this.parked.drop(name)
      }
      return names
    })
    for (const name of gone) this.checkpoints.forget(name)
    this.generations.refresh()
  }
}
