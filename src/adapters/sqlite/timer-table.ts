import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { StoredTimer, TimerWrite } from '../../ports/index.ts'
import { keyText } from './stored-text.ts'

const columns = 'unit, key, name, due, correlation, traceparent'

/** Timers that wait. */
export interface TimerTable {
  /** Sets, replaces and removes; fails with `VERSION_CONFLICT` when a timer that fires is no longer due at its time. */
  write(timers: readonly TimerWrite[]): void
  read(limit: number): readonly StoredTimer[]
}

/** Opens the timer table. */
export function timerTable(db: DatabaseSync): TimerTable {
  const set = db.prepare(`INSERT OR REPLACE INTO timer (${columns}) VALUES (?, ?, ?, ?, ?, ?)`)
  const remove = db.prepare('DELETE FROM timer WHERE unit = ? AND key = ? AND name = ?')
  const removeFired = db.prepare('DELETE FROM timer WHERE unit = ? AND key = ? AND name = ? AND due = ?')
  const due = db.prepare(`SELECT ${columns} FROM timer ORDER BY due, unit, key, name LIMIT ?`)

  return {
    write(timers) {
      for (const { unit, key, name, dueMs, firedMs, correlationId, traceparent } of timers) {
        if (firedMs !== undefined && removeFired.run(unit, key, name, firedMs).changes !== 1) {
          const hint = `The timer ${name} of ${unit} ${key} is no longer due at ${firedMs}.`
          throw new Failure('VERSION_CONFLICT', { hint, unit, key, name, firedMs })
        }
        if (dueMs !== 'cancel') set.run(unit, keyText(key), name, dueMs, correlationId, traceparent)
        else if (firedMs === undefined) remove.run(unit, key, name)
      }
    },
    read: (limit) =>
      due.all(limit).map((row) => ({
        unit: row['unit'] as string,
        key: row['key'] as string,
        name: row['name'] as string,
        dueMs: row['due'] as number,
        correlationId: row['correlation'] as string,
        traceparent: row['traceparent'] as string
      }))
  }
}
