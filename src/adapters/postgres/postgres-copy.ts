import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../../core/index.ts'
import type { LogRow, RecordOf, StoreCopy, StoreMark, StoreRecord, StoreTable } from '../../ports/index.ts'
import type { PostgresConnection, PostgresPool } from './connection.ts'
import { CopyPages } from './copy-pages.ts'
import { CopyWriter } from './copy-writer.ts'
import { LogTable } from './log-table.ts'
import { lookAtSchema, migrate, migrations, type SchemaNeeds, schemaFacts } from './migrate.ts'
import { storeFailure } from './postgres-failure.ts'
import { PreparedStatements } from './prepared-statements.ts'
import { quoted } from './statement.ts'
import { checkStore } from './store-check.ts'
import { StoreSession } from './store-session.ts'

/** Where a service keeps its data, or shall. */
export interface PostgresCopyOptions {
  readonly service: string
  /** Connections to the database, with the role of the service. They are ended. */
  readonly pool: PostgresPool | readonly PostgresPool[]
  readonly schema: string
  /**
   * The `application_name` of the connections of the service: while the server has one, the place is not held. Whoever
   * has another name is kept from writing, but not seen.
   */
  readonly application?: string
}

/** For reading: any mark will do, and none is written. */
const anyMark: StoreMark = { kind: 'store' }

const timeoutMs = 10_000
const lockNotAvailable = '55P03'
/** How long, and how often, connections are waited for that end by themselves. */
const endingMs = 500
const lookMs = 50

class PostgresCopy implements StoreCopy {
  readonly service: string
  readonly #options: PostgresCopyOptions
  readonly #schema: string
  readonly #place: string
  readonly #session: StoreSession
  #connection: Promise<PostgresConnection> | undefined
  #release = (): void => {}
  #log: LogTable | undefined
  #writer: CopyWriter | undefined
  #isHeld = false

  constructor(options: PostgresCopyOptions) {
    const { service, pool, schema } = options
    this.service = service
    this.#options = options
    this.#schema = quoted(schema)
    this.#place = `PostgreSQL, schema ${schema}`
    const pools = 'connect' in pool ? [pool] : pool
    this.#session = new StoreSession({ ...this.#needs(anyMark), pools, timeoutMs })
  }

  #needs(arriving: StoreMark, partitions?: number): SchemaNeeds {
    return { service: this.service, schema: this.#options.schema, partitions, arriving }
  }

  /** One connection for all that is done, since locks are those of a connection: it is given back by `close`. */
  #connected(): Promise<PostgresConnection> {
    this.#connection ??= new Promise((resolve, reject) => {
      const released = new Promise<void>((release) => {
        this.#release = release
      })
      const task = async (connection: PostgresConnection): Promise<void> => {
        resolve(connection)
        await released
      }
      this.#session.run('everything', task).catch(reject)
    })
    return this.#connection
  }

  /** Runs a task; what it throws is a failure of the one table. */
  async #run<Result>(task: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    try {
      return await task(await this.#connected())
    } catch (thrown) {
      throw storeFailure(thrown, this.#place)
    }
  }

  async mark(): Promise<StoreMark> {
    return this.#run(async (connection) => (await lookAtSchema(connection, this.#needs(anyMark))).mark)
  }

  async #logOf(connection: PostgresConnection): Promise<LogTable> {
    if (this.#log) return this.#log
    if ((await this.mark()).kind === 'nothing')
      throw new Failure('STORE_UNAVAILABLE', { hint: `${this.#place} has no data of ${this.service}.` })
    const { partitions, version } = await schemaFacts(connection, this.#options.schema)
    this.#checkVersion(version)
    const log = {
      schema: this.#schema,
      service: this.service,
      partitions,
      dataMaxBytes: Number.POSITIVE_INFINITY
    }
    this.#log = new LogTable(log, new PreparedStatements())
    return this.#log
  }

  /** What left has its version below 0. An older schema is brought forward by its service, not by who copies it. */
  #checkVersion(version: number): void {
    if (Math.abs(version) >= migrations.length) return
    const { service } = this
    const hint = `${this.#place} has version ${version}, and comes to ${migrations.length} when ${service} starts in this version: start it once.`
    throw new Failure('STORE_UNAVAILABLE', { hint })
  }

  async heads(): Promise<readonly number[]> {
    return this.#run(async (connection) => (await this.#logOf(connection)).heads(connection))
  }

  async read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return this.#run(async (connection) =>
      (await this.#logOf(connection)).read(connection, partition, after, limit)
    )
  }

  async page(
    table: StoreTable,
    after: StoreRecord | undefined,
    limit: number
  ): Promise<readonly StoreRecord[]> {
    return this.#run((connection) => new CopyPages(connection, this.#schema).behind(table, after, limit))
  }

  async check(): Promise<readonly string[]> {
    const whole = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
    await this.#run((connection) => this.#logOf(connection))
    return this.#transaction(
      (connection) => checkStore(connection, this.#options.schema, this.service),
      whole
    )
  }

  /** A connection that was closed is seen until its process at the server has ended, so it is looked for a while. */
  async #refuseOthers(connection: PostgresConnection): Promise<void> {
    const { application } = this.#options
    if (application === undefined) return
    let others = await this.#others(connection, application)
    for (let waitedMs = 0; others > 0 && waitedMs < endingMs; waitedMs += lookMs) {
      await pause(lookMs)
      others = await this.#others(connection, application)
    }
    if (others === 0) return
    const hint = `${this.#place}: ${others} connections of '${application}' are open. Stop every instance of ${this.service}.`
    throw new Failure('STORE_LOCKED', { hint, others })
  }

  async #others(connection: PostgresConnection, application: string): Promise<number> {
    const { rows } = await connection.query(
      `SELECT count(*)::int AS others FROM pg_stat_activity
       WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`,
      [application]
    )
    return Number(rows[0]?.['others'])
  }

  async hold(): Promise<void> {
    if (this.#isHeld) return
    await this.#run(async (connection) => {
      await this.#refuseOthers(connection)
      await connection.query('BEGIN')
      try {
        // Every commit reads the settings first, and keeps that lock to its end: this waits for those under way, and
        // lets no other begin. It goes with the connection, however that ends.
        await connection.query(`SET LOCAL lock_timeout = ${timeoutMs}`)
        await connection.query(`LOCK TABLE ${this.#schema}.setting IN ACCESS EXCLUSIVE MODE`)
      } catch (thrown) {
        await connection.query('ROLLBACK').catch(() => undefined)
        if ((thrown as { readonly code?: string }).code !== lockNotAvailable) throw thrown
        const hint = `${this.#place}: a commit of ${this.service} does not end. Stop every instance of it.`
        throw new Failure('STORE_LOCKED', { hint }, thrown)
      }
      this.#isHeld = true
    })
  }

  async leave(move: string, to: string): Promise<void> {
    if (!this.#isHeld) throw new Failure('STORE_UNAVAILABLE', { hint: `${this.#place} is not held.` })
    const mark: StoreMark = { kind: 'gone', move, to }
    await this.#run(async (connection) => {
      const setting = `${this.#schema}.setting`
      await connection.query(`INSERT INTO ${setting} (name, value) VALUES ('move', $1)`, [
        JSON.stringify(mark)
      ])
      // An instance that still runs commits with the version that it knows, and is refused.
      await connection.query(`UPDATE ${setting} SET value = (-value::integer)::text WHERE name = 'version'`)
      await connection.query('COMMIT')
      this.#isHeld = false
    })
  }

  #transaction<Result>(
    task: (connection: PostgresConnection) => Promise<Result>,
    begin = 'BEGIN'
  ): Promise<Result> {
    return this.#run(async (connection) => {
      await connection.query(begin)
      try {
        const result = await task(connection)
        await connection.query('COMMIT')
        return result
      } catch (thrown) {
        await connection.query('ROLLBACK').catch(() => undefined)
        throw thrown
      }
    })
  }

  /** A store that a run has made and in which nothing was ever said; nobody has it open. */
  async #isUnused(): Promise<boolean> {
    if ((await this.heads()).some((head) => head > 0)) return false
    for (const table of ['state', 'timer', 'parked', 'answer', 'audit', 'row'] as const)
      if ((await this.page(table, undefined, 1)).length > 0) return false
    const checkpoints = (await this.page('checkpoint', undefined, 1_000)) as readonly RecordOf<'checkpoint'>[]
    if (checkpoints.some(({ position }) => position > 0)) return false
    await this.#run((connection) => this.#refuseOthers(connection))
    return true
  }

  async begin(move: string, from: string, partitions: number): Promise<void> {
    const { schema } = this.#options
    const mark: StoreMark = { kind: 'arriving', move, from }
    await this.#run(async (connection) => {
      const { rows } = await connection.query(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
        [`skerry move ${schema}`]
      )
      if (rows[0]?.['locked'] !== true)
        throw new Failure('STORE_LOCKED', { hint: `${this.#place}: another move goes there.` })
    })
    const found = await this.mark()
    const isUnused = found.kind === 'store' && (await this.#isUnused())
    if (found.kind === 'store' && !isUnused)
      throw new Failure('CONFIG_INVALID', {
        hint: `The schema ${schema} has data of ${this.service} already: choose another, or, if nobody needs them, DROP SCHEMA ${quoted(schema)} CASCADE;`,
        schema
      })
    if (found.kind !== 'nothing')
      await this.#run(async (connection) => {
        const facts = await schemaFacts(connection, schema)
        if (facts.partitions === partitions) return
        throw new Failure('CONFIG_INVALID', {
          hint: `The schema ${schema} was left with ${facts.partitions} partitions, and what moves has ${partitions}: if nobody needs what was left, DROP SCHEMA ${quoted(schema)} CASCADE;`,
          schema
        })
      })
    await this.#run(async (connection) => {
      this.#writer = new CopyWriter(connection, this.#schema, partitions)
    })
    if (found.kind !== 'nothing')
      await this.#transaction(async (connection) => {
        const setting = `${this.#schema}.setting`
        await connection.query(
          `INSERT INTO ${setting} (name, value) VALUES ('move', $1)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          [JSON.stringify(mark)]
        )
        await connection.query(
          `UPDATE ${setting} SET value = abs(value::integer)::text WHERE name = 'version'`
        )
      })
    await this.#run((connection) => migrate(connection, this.#needs(mark, partitions)))
    await this.#transaction(async (connection) => {
      const log = await this.#logOf(connection)
      // Of a log whose beginning is archived nothing can be compared, either.
      if (found.kind === 'gone' || isUnused || (await log.firstPosition(connection)) > 1)
        await this.#writer?.clear('everything')
    })
  }

  async appendLog(rows: readonly LogRow[]): Promise<void> {
    await this.#transaction(async () => this.#writer?.appendLog(rows))
  }

  async append(records: readonly StoreRecord[]): Promise<void> {
    await this.#transaction(async () => this.#writer?.append(records))
  }

  async clear(what: 'records' | 'everything'): Promise<void> {
    await this.#transaction(async () => this.#writer?.clear(what))
  }

  async finish(): Promise<void> {
    await this.#run((connection) =>
      connection.query(`DELETE FROM ${this.#schema}.setting WHERE name = 'move'`)
    )
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined)
    if (this.#isHeld) await connection?.query('ROLLBACK').catch(() => undefined)
    await connection?.query('SELECT pg_advisory_unlock_all()').catch(() => undefined)
    this.#isHeld = false
    this.#release()
    await this.#session.close()
  }
}

/**
 * The schema of one service as something to copy from, or to. Changes nothing until it is asked. While it is held, every
 * commit of an instance that still runs waits, and afterwards fails.
 */
export function postgresCopy(options: PostgresCopyOptions): StoreCopy {
  return new PostgresCopy(options)
}
