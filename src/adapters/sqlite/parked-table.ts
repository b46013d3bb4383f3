import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type {
  LogRow,
  ParkedChange,
  ParkedFilter,
  ParkedMessage,
  ParkedStatus,
  ParkedWrite
} from '../../ports/index.ts'
import { keyText, parse, stringify } from './stored-text.ts'

const columns =
  'number, subscription, key, source, partition, position, status, attempts, due, failure, parked, message'

function decode(row: Record<string, unknown>): ParkedMessage {
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
    message: parse(row['message']) as LogRow
  }
}

/** Messages set aside. A number is never given twice. */
export interface ParkedTable {
  write(parked: readonly ParkedWrite[]): { readonly numbers: readonly number[]; settle(): void }
  /** Changes all, each in the status it expects; fails with `VERSION_CONFLICT` at the first that is not. */
  change(changes: readonly ParkedChange[]): void
  read(filter: ParkedFilter): readonly ParkedMessage[]
  counts(): readonly {
    readonly subscription: string
    readonly status: ParkedStatus
    readonly count: number
  }[]
  keys(): readonly { readonly subscription: string; readonly key: string }[]
  /** Forgets a subscription. */
  drop(subscription: string): void
}

function select(filter: ParkedFilter): { sql: string; values: (string | number)[] } {
  const wheres = ['number > ?']
  const values: (string | number)[] = [filter.afterNumber ?? 0]
  if (filter.subscription !== undefined) {
    wheres.push('subscription = ?')
    values.push(filter.subscription)
  }
  if (filter.key !== undefined) {
    wheres.push('key = ?')
    values.push(filter.key)
  }
  if (filter.status !== undefined) {
    wheres.push(`status IN (${filter.status.map(() => '?').join(', ')})`)
    values.push(...filter.status)
  }
  return {
    sql: `SELECT ${columns} FROM parked WHERE ${wheres.join(' AND ')} ORDER BY number LIMIT ?`,
    values: [...values, filter.limit]
  }
}

/** Opens the table of parked messages. */
export function parkedTable(db: DatabaseSync): ParkedTable {
  const insert = db.prepare(`INSERT INTO parked (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const changeTo = db.prepare(
    'UPDATE parked SET status = ?, attempts = ?, due = ?, failure = ? WHERE number = ? AND status = ? AND attempts = ?'
  )
  const edit = db.prepare('UPDATE parked SET message = ? WHERE number = ?')
  const remove = db.prepare('DELETE FROM parked WHERE number = ? AND status = ? AND attempts = ?')
  const removeAll = db.prepare('DELETE FROM parked WHERE subscription = ?')
  const counts = db.prepare(
    'SELECT subscription, status, count(*) AS count FROM parked GROUP BY subscription, status ORDER BY subscription, status'
  )
  const keys = db.prepare('SELECT DISTINCT subscription, key FROM parked ORDER BY subscription, key')
  const remember = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('parked', ?)")
  let last = Number(db.prepare("SELECT value FROM setting WHERE name = 'parked'").get()?.['value'] ?? 0)

  return {
    write(parked) {
      let next = last
      const numbers = parked.map((row) => {
        const {
          subscription,
          source,
          partition,
          position,
          status,
          attempts,
          dueMs,
          failure,
          parkedMs,
          message
        } = row
        next += 1
        insert.run(
          next,
          subscription,
          keyText(row.key),
          source,
          partition,
          position,
          status,
          attempts,
          dueMs,
          failure,
          parkedMs,
          stringify(message)
        )
        return next
      })
      if (numbers.length > 0) remember.run(String(next))
      return {
        numbers,
        settle() {
          last = next
        }
      }
    },
    change(changes) {
      for (const { number, expected, status, attempts, dueMs, failure, message } of changes) {
        const changed =
          status === 'gone'
            ? remove.run(number, expected.status, expected.attempts)
            : changeTo.run(status, attempts, dueMs, failure, number, expected.status, expected.attempts)
        if (changed.changes !== 1) {
          const hint = `The parked message ${number} is no longer ${expected.status} with ${expected.attempts} attempts.`
          throw new Failure('VERSION_CONFLICT', { hint, number, expected })
        }
        if (status !== 'gone' && message !== undefined) edit.run(stringify(message), number)
      }
    },
    read(filter) {
      const { sql, values } = select(filter)
      return db
        .prepare(sql)
        .all(...values)
        .map(decode)
    },
    counts: () =>
      counts.all().map((row) => ({
        subscription: row['subscription'] as string,
        status: row['status'] as ParkedStatus,
        count: row['count'] as number
      })),
    keys: () =>
      keys.all().map((row) => ({ subscription: row['subscription'] as string, key: row['key'] as string })),
    drop(subscription) {
      removeAll.run(subscription)
    }
  }
}
