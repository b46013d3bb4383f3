import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { type StoredTimer, storableKey, type TimerWrite } from '../../ports/index.ts'

/** Of a row that `timerOf` reads. */
export const timerColumns = 'unit, key, name, due, correlation, traceparent'

/** The timer of a row. */
export function timerOf(row: Record<string, unknown>): StoredTimer {
  return {
    unit: row['unit'] as string,
    key: row['key'] as string,
    name: row['name'] as string,
    dueMs: row['due'] as number,
    correlationId: row['correlation'] as string,
    traceparent: row['traceparent'] as string
  }
}

/** Timers that wait. */
export class TimerTable {
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #removeFired: StatementSync
  readonly #first: StatementSync
  readonly #ofUnits: StatementSync
  readonly #count: StatementSync

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(`INSERT OR REPLACE INTO timer (${timerColumns}) VALUES (?, ?, ?, ?, ?, ?)`)
    this.#remove = db.prepare('DELETE FROM timer WHERE unit = ? AND key = ? AND name = ?')
    this.#removeFired = db.prepare('DELETE FROM timer WHERE unit = ? AND key = ? AND name = ? AND due = ?')
    this.#first = db.prepare(`SELECT ${timerColumns} FROM timer ORDER BY due, unit, key, name LIMIT ?`)
    this.#ofUnits = db.prepare(
      `SELECT ${timerColumns} FROM timer WHERE unit IN (SELECT value FROM json_each(?)) ORDER BY due, unit, key, name LIMIT ?`
    )
    this.#count = db.prepare('SELECT count(*) AS waiting FROM timer')
  }

  /** Sets and removes; fails with `VERSION_CONFLICT` when a timer that fires is no longer due at its time. */
  write(timers: readonly TimerWrite[]): void {
    for (const { unit, key, name, dueMs, firedMs, correlationId, traceparent } of timers) {
      storableKey(key)
      if (firedMs !== undefined && this.#removeFired.run(unit, key, name, firedMs).changes !== 1) {
        const hint = `The timer ${name} of ${unit} ${key} is no longer due at ${firedMs}.`
        throw new Failure('VERSION_CONFLICT', { hint, unit, key, name, firedMs })
      }
      if (dueMs !== 'cancel') this.#put.run(unit, key, name, dueMs, correlationId, traceparent)
      else if (firedMs === undefined) this.#remove.run(unit, key, name)
    }
  }

  /** Timers in the order in which they are due. */
  read(limit: number, units?: readonly string[]): readonly StoredTimer[] {
    const rows = units ? this.#ofUnits.all(JSON.stringify(units), limit) : this.#first.all(limit)
    return rows.map(timerOf)
  }

  count(): number {
    return this.#count.get()?.['waiting'] as number
  }
}
