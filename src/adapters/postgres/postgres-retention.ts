import { createHash } from 'node:crypto'
import { Failure } from '../../core/index.ts'
import {
  type ArchivedRange,
  type LogNeeds,
  type LogRange,
  type LogRow,
  logLine,
  type RangeCopy,
  type RangeHeld,
  type Retention,
  type Subscriber
} from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import { insertLog } from './log-insert.ts'
import type { OpenedStore } from './opened-store.ts'
import { olderStates, reasonsToKeep } from './range-reasons.ts'
import type { StoreSession } from './store-session.ts'

/** A range is locked against everybody: who waits for that stands in the way of all commits, so it is not for long. */
const lockMs = 2_000
/** Whoever stands still between two steps, as a machine does that is put to sleep, loses what it holds after so long. */
const stillMs = 10_000
/** Between them the rows of a range come from files, perhaps over a network. */
const restoringMs = 60_000
const rowsAtOnce = 1_000

/**
 * Tables of few rows of which the server has no statistics look to it like a join of millions, for which it would first
 * compile the statement: that takes longer than all else.
 */
const notCompiled = "set_config('jit', 'off', true)"

/** Old ranges of the log of one schema. */
export class PostgresRetention implements Retention {
  readonly #session: StoreSession
  readonly #opened: OpenedStore

  constructor(session: StoreSession, opened: OpenedStore) {
    this.#session = session
    this.#opened = opened
  }

  subscribers(): Promise<readonly Subscriber[]> {
    return this.#session.run('read', async (connection) => {
      // The heads last, so that nobody seems to be beyond them.
      const { subscribers, log } = this.#opened
      return subscribers.list(connection, await log.heads(connection))
    })
  }

  forget(name: string, by: string): Promise<void> {
    return this.#change(async (connection) => {
      const { subscribers, parked, service } = this.#opened
      await subscribers.remove(connection, name)
      if (name.startsWith(`${service}/`)) await parked.drop(connection, name.slice(service.length + 1))
      await this.#opened.note(connection, { action: 'forget-subscriber', subject: name, by, details: {} })
    })
  }

  ranges(): Promise<readonly LogRange[]> {
    return this.#look((connection) => this.#opened.ranges.list(connection))
  }

  archived(): Promise<readonly ArchivedRange[]> {
    return this.#session.run('read', (connection) => this.#opened.ranges.archived(connection))
  }

  held(count: number, needs: LogNeeds): Promise<readonly RangeHeld[]> {
    return this.#look(async (connection) => {
      const ranges = (await this.#opened.ranges.list(connection)).slice(0, count)
      const older = await olderStates(connection, this.#opened, needs)
      const all = await reasonsToKeep(connection, this.#opened, ranges, needs, older)
      return ranges
        .map(({ first, last }, index) => ({ first, last, reasons: all[index] ?? [] }))
        .filter(({ reasons }) => reasons.length > 0)
    })
  }

  otherRevisions(machines: LogNeeds['machines']): Promise<ReadonlyMap<string, number>> {
    return this.#session.run('everything', (connection) =>
      this.#opened.states.otherRevisions(connection, machines)
    )
  }

  archive(copy: RangeCopy, needs: LogNeeds, by: string): Promise<void> {
    const { first, last, rows, hash } = copy
    return this.#change(async (connection) => {
      const { ranges, subscribers, generations, schema } = this.#opened
      await ranges.lock(connection)
      const [oldest] = await ranges.list(connection)
      if (oldest?.first !== first || oldest.last !== last)
        throw kept(
          `${first} to ${last} is not the oldest range, which is ${oldest?.first} to ${oldest?.last}.`
        )
      // What takes long comes before the locks that others wait for: a closed range does not change any more.
      const found = await ranges.count(connection, first)
      if (found !== rows)
        throw kept(`The copy of ${first} to ${last} has ${rows} rows, the log has ${found}.`)
      const older = await olderStates(connection, this.#opened, needs)
      // Whoever begins to read from now on is heard when this has ended, and whoever has begun is seen.
      await generations.lock(connection)
      await subscribers.lock(connection)
      const [reasons = []] = await reasonsToKeep(connection, this.#opened, [oldest], needs, older)
      if (reasons.length > 0) throw kept(reasons.join(' '), reasons)
      await ranges.drop(connection, first)
      await connection.query(
        `INSERT INTO ${schema}.archived (first, last, rows, hash, time, by)
         VALUES ($1, $2, $3, $4, extract(epoch FROM clock_timestamp()) * 1000, $5)`,
        [first, last, rows, hash, by]
      )
      const details = { first, last, rows, hash }
      await this.#opened.note(connection, { action: 'archive', subject: `${first} to ${last}`, by, details })
    })
  }

  restore(first: number, rows: () => AsyncIterable<LogRow>, by: string): Promise<void> {
    return this.#change(async (connection) => {
      const { ranges, schema } = this.#opened
      const newest = await this.#newestArchived(connection, first)
      const table = await ranges.prepare(connection, first, newest.last)
      const hash = await this.#fill(connection, table, rows())
      if (hash !== newest.hash)
        throw kept(
          `These are not the rows that were archived as ${first} to ${newest.last}: their SHA-256 is ${hash}, and was ${newest.hash}. Nothing was put back.`
        )
      // Whoever makes ranges waits for that lock, so it is not held while the rows are written.
      await ranges.lock(connection)
      await this.#newestArchived(connection, first)
      await ranges.attach(connection, first, newest.last)
      await connection.query(`DELETE FROM ${schema}.archived WHERE first = $1`, [first])
      const details = { first, last: newest.last, rows: newest.rows }
      const subject = `${first} to ${newest.last}`
      await this.#opened.note(connection, { action: 'restore', subject, by, details })
    }, restoringMs)
  }

  async #newestArchived(connection: PostgresConnection, first: number): Promise<ArchivedRange> {
    const newest = (await this.#opened.ranges.archived(connection)).at(-1)
    if (newest?.first === first) return newest
    const which = newest ? `That is ${newest.first} to ${newest.last}.` : 'Nothing is archived.'
    throw kept(`Ranges are put back from the newest one on. ${which}`)
  }

  async #fill(connection: PostgresConnection, table: string, rows: AsyncIterable<LogRow>): Promise<string> {
    const hash = createHash('sha256')
    let page: LogRow[] = []
    const write = async (): Promise<void> => {
      await insertLog(connection, this.#opened.schema, table, page)
      page = []
    }
    for await (const row of rows) {
      hash.update(`${logLine(row)}\n`)
      page.push(row)
      if (page.length >= rowsAtOnce) await write()
    }
    await write()
    return hash.digest('hex')
  }

  #look<Result>(task: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    return this.#session.run('everything', (connection) =>
      this.#opened.transaction(connection, 'READ ONLY', async () => {
        await connection.query(`SELECT ${notCompiled}`)
        return task(connection)
      })
    )
  }

  #change(task: (connection: PostgresConnection) => Promise<void>, limitMs = stillMs): Promise<void> {
    return this.#session.run('change', (connection) =>
      this.#opened.transaction(connection, '', async () => {
        await this.#opened.guard(connection, lockMs)
        await connection.query(
          `SELECT ${notCompiled}, set_config('idle_in_transaction_session_timeout', $1, true)`,
          [String(limitMs)]
        )
        await task(connection)
      })
    )
  }
}

function kept(hint: string, reasons: readonly string[] = [hint]): Failure {
  return new Failure('LOG_KEPT', { hint, reasons })
}
