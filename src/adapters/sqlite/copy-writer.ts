import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { LogRow, RecordOf, StoreRecord } from '../../ports/index.ts'
import { GenerationTable } from './generation-table.ts'
import { LogBlocks } from './log-blocks.ts'
import { lineOf } from './log-line.ts'
import { createRowsTable, rowsTable } from './projection-rows.ts'

/** What was stored once is not measured again. */
const bytesMax = Number.POSITIVE_INFINITY

type Value = string | number

function insert(db: DatabaseSync, table: string, columns: readonly string[]): (...values: Value[]) => void {
  const places = columns.map(() => '?').join(', ')
  const statement = db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ON CONFLICT DO NOTHING`
  )
  return (...values) => void statement.run(...values)
}

/** Writes what arrives from another store, in transactions of the caller. */
export class CopyWriter {
  readonly #db: DatabaseSync
  readonly #blocks: LogBlocks
  readonly #generations: GenerationTable
  readonly #partitions: number

  constructor(db: DatabaseSync, partitions: number) {
    this.#db = db
    this.#partitions = partitions
    this.#blocks = new LogBlocks(db)
    this.#generations = new GenerationTable(db)
  }

  /** Nothing of a copy is in the tail. */
  appendLog(rows: readonly LogRow[]): void {
    const lines = new Map<number, { readonly first: number; readonly lines: string[] }>()
    for (const row of rows) {
      const { partition, position } = row
      const part = lines.get(partition) ?? { first: this.#head(partition) + 1, lines: [] }
      lines.set(partition, part)
      if (position < part.first) continue
      if (position !== part.first + part.lines.length)
        throw new Failure('POSITION_INVALID', { hint: `Row ${partition}:${position} leaves a hole.` })
      part.lines.push(lineOf(row, position, row.previous, bytesMax))
    }
    for (const [partition, part] of lines)
      if (part.lines.length > 0) this.#blocks.write(partition, part.first, part.lines)
  }

  #head(partition: number): number {
    if (partition < this.#partitions) return this.#blocks.last(partition)
    throw new Failure('PARTITION_UNKNOWN', { hint: `There is no partition ${partition} here.` })
  }

  append(records: readonly StoreRecord[]): void {
    const of = <Table extends StoreRecord['table']>(table: Table): RecordOf<Table>[] =>
      records.filter((record): record is RecordOf<Table> => record.table === table)
    this.#states(of('state'))
    this.#checkpoints(of('checkpoint'))
    this.#timers(of('timer'))
    this.#parked(of('parked'))
    this.#answers(of('answer'))
    this.#audit(of('audit'))
    for (const record of of('generation')) this.#generation(record)
    this.#generations.write(of('row'))
    for (const { parked } of of('number'))
      this.#db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('parked', ?)").run(`${parked}`)
  }

  #states(states: readonly RecordOf<'state'>[]): void {
    const columns = ['unit', 'key', 'version', 'sequence', 'last_position', 'revision', 'data']
    const put = insert(this.#db, 'state', columns)
    for (const { unit, key, version, sequence, lastPosition, revision, data } of states)
      put(unit, key, version, sequence, lastPosition, revision, JSON.stringify(data))
  }

  #checkpoints(checkpoints: readonly RecordOf<'checkpoint'>[]): void {
    const one = this.#db.prepare('SELECT places FROM checkpoint WHERE subscription = ? AND source = ?')
    const put = this.#db.prepare(
      'INSERT OR REPLACE INTO checkpoint (subscription, source, places) VALUES (?, ?, ?)'
    )
    for (const { subscription, source, partition, position, done } of checkpoints) {
      const found = one.get(subscription, source)?.['places'] as string | undefined
      const places: [number, number, number][] = found === undefined ? [] : JSON.parse(found)
      if (places.some(([number]) => number === partition)) continue
      put.run(subscription, source, JSON.stringify([...places, [partition, position, done]]))
    }
  }

  #timers(timers: readonly RecordOf<'timer'>[]): void {
    const put = insert(this.#db, 'timer', ['unit', 'key', 'name', 'due', 'correlation', 'traceparent'])
    for (const { unit, key, name, dueMs, correlationId, traceparent } of timers)
      put(unit, key, name, dueMs, correlationId, traceparent)
  }

  #parked(parked: readonly RecordOf<'parked'>[]): void {
    const place = ['number', 'subscription', 'key', 'source', 'partition', 'position']
    const columns = [...place, 'status', 'attempts', 'due', 'failure', 'parked', 'message']
    const put = insert(this.#db, 'parked', columns)
    for (const row of parked)
      put(
        ...[row.number, row.subscription, row.key, row.source, row.partition, row.position],
        ...[row.status, row.attempts, row.dueMs, row.failure, row.parkedMs, JSON.stringify(row.message)]
      )
  }

  #answers(answers: readonly RecordOf<'answer'>[]): void {
    const put = insert(this.#db, 'answer', ['idempotency_key', 'fingerprint', 'outcome', 'time'])
    for (const { idempotencyKey, fingerprint, outcome, timeMs } of answers)
      put(idempotencyKey, fingerprint, JSON.stringify(outcome), timeMs)
  }

  #audit(audit: readonly RecordOf<'audit'>[]): void {
    const columns = ['number', 'time', 'action', 'subject', 'by', 'reason', 'details']
    const put = insert(this.#db, 'audit', columns)
    for (const { number, timeMs, action, subject, by, reason, details } of audit)
      put(number, timeMs, action, subject, by, reason, JSON.stringify(details))
  }

  #generation({ projection, generation, revision, status, indexes }: RecordOf<'generation'>): void {
    const { changes } = this.#db
      .prepare(
        `INSERT INTO generation (projection, generation, revision, status, indexes) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`
      )
      .run(projection, generation, revision, status, JSON.stringify(indexes))
    if (changes === 1) createRowsTable(this.#db, projection, generation, indexes)
  }

  clear(what: 'records' | 'everything'): void {
    for (const row of this.#db.prepare('SELECT projection, generation FROM generation').all())
      this.#db.exec(`DROP TABLE ${rowsTable(row['projection'] as string, row['generation'] as number)}`)
    this.#generations.refresh()
    const records = ['state', 'checkpoint', 'timer', 'parked', 'answer', 'audit', 'generation']
    for (const table of what === 'records' ? records : [...records, 'block', 'tail'])
      this.#db.exec(`DELETE FROM ${table}`)
    this.#db.exec("DELETE FROM setting WHERE name = 'parked'")
  }
}
