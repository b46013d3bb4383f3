import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import {
  type LogRow,
  type ParkedChange,
  type ParkedFilter,
  type ParkedMessage,
  type ParkedStatus,
  type ParkedWrite,
  storableKey,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'

/** Of a row that `parkedOf` reads. */
export const parkedColumns =
  'number, subscription, key, source, partition, position, status, attempts, due, failure, parked, message'

/** The message of a row. */
export function parkedOf(row: Record<string, unknown>): ParkedMessage {
  return {
    number: row['number'] as number,
    subscription: row['subscription'] as string,
    key: row['key'] as string,
    source: row['source'] as string,
    partition: row['partition'] as number,
    position: row['position'] as number,
    status: row['status'] as ParkedStatus,
    attempts: row['attempts'] as number,
    dueMs: row['due'] as number,
    failure: row['failure'] as string,
    parkedMs: row['parked'] as number,
    message: valueOfStoredJson(row['message']) as LogRow
  }
}

function conditionsOf(
  filter: ParkedFilter
): readonly (readonly [sql: string, values: readonly (string | number)[]])[] {
  const { subscription, key, status, afterNumber } = filter
  return [
    ['number > ?', [afterNumber ?? 0]],
    ...(subscription === undefined ? [] : [['subscription = ?', [subscription]] as const]),
    ...(key === undefined ? [] : [['key = ?', [key]] as const]),
    ...(status === undefined ? [] : [[`status IN (${status.map(() => '?').join(', ')})`, status] as const])
  ]
}

/** Messages that were parked but are not committed yet. */
export interface WrittenParked {
  readonly numbers: readonly number[]
  /** Takes the numbers for given, once they are committed. */
  settle(): void
}

/** Messages set aside. A number is never given twice. */
export class ParkedTable {
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #change: StatementSync
  readonly #edit: StatementSync
  readonly #remove: StatementSync
  readonly #removeAll: StatementSync
  readonly #remember: StatementSync
  #last: number

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insert = db.prepare(
      `INSERT INTO parked (${parkedColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    )
    this.#change = db.prepare(
      'UPDATE parked SET status = ?, attempts = ?, due = ?, failure = ? WHERE number = ? AND status = ? AND attempts = ?'
    )
    this.#edit = db.prepare('UPDATE parked SET message = ? WHERE number = ?')
    this.#remove = db.prepare('DELETE FROM parked WHERE number = ? AND status = ? AND attempts = ?')
    this.#removeAll = db.prepare('DELETE FROM parked WHERE subscription = ?')
    this.#remember = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('parked', ?)")
    this.#last = Number(db.prepare("SELECT value FROM setting WHERE name = 'parked'").get()?.['value'] ?? 0)
  }

  write(parked: readonly ParkedWrite[]): WrittenParked {
    let next = this.#last
    const numbers = parked.map((row) => {
      const { subscription, key, source, partition, position, status, attempts, dueMs, failure, parkedMs } =
        row
      const message = storedJson(row.message)
      next += 1
      this.#insert.run(
        ...[next, subscription, storableKey(key), source, partition, position],
        ...[status, attempts, dueMs, failure, parkedMs, message]
      )
      return next
    })
    if (numbers.length > 0) this.#remember.run(String(next))
    const settle = (): void => {
      this.#last = next
    }
    return { numbers, settle }
  }

  /** Changes all, each in the status it expects; fails with `VERSION_CONFLICT` at the first that is not. */
  change(changes: readonly ParkedChange[]): void {
    for (const { number, expected, status, attempts, dueMs, failure, message } of changes) {
      const changed =
        status === 'gone'
          ? this.#remove.run(number, expected.status, expected.attempts)
          : this.#change.run(status, attempts, dueMs, failure, number, expected.status, expected.attempts)
      if (changed.changes !== 1) {
        const hint = `The parked message ${number} is no longer ${expected.status} with ${expected.attempts} attempts.`
        throw new Failure('VERSION_CONFLICT', { hint, number, expected })
      }
      if (status !== 'gone' && message !== undefined) this.#edit.run(storedJson(message), number)
    }
  }

  read(filter: ParkedFilter): readonly ParkedMessage[] {
    const conditions = conditionsOf(filter)
    const where = conditions.map(([sql]) => sql).join(' AND ')
    const select = this.#db.prepare(
      `SELECT ${parkedColumns} FROM parked WHERE ${where} ORDER BY number LIMIT ?`
    )
    return select.all(...conditions.flatMap(([, values]) => values), filter.limit).map(parkedOf)
  }

  counts(): readonly {
    readonly subscription: string
    readonly status: ParkedStatus
    readonly count: number
  }[] {
    const sql = 'SELECT subscription, status, count(*) AS count FROM parked GROUP BY subscription, status'
    return this.#db
      .prepare(sql)
      .all()
      .map((row) => ({
        subscription: row['subscription'] as string,
        status: row['status'] as ParkedStatus,
        count: row['count'] as number
      }))
  }

  keys(): readonly { readonly subscription: string; readonly key: string }[] {
    const rows = this.#db.prepare('SELECT DISTINCT subscription, key FROM parked').all()
    return rows.map((row) => ({ subscription: row['subscription'] as string, key: row['key'] as string }))
  }

  /** Forgets a subscription. */
  drop(subscription: string): void {
    this.#removeAll.run(subscription)
  }
}
