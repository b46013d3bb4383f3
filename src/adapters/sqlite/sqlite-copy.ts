import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { LogRow, StoreCopy, StoreMark, StoreRecord, StoreTable } from '../../ports/index.ts'
import { recordsBehind } from './copy-pages.ts'
import { CopyWriter } from './copy-writer.ts'
import { type DatabaseFile, openDatabaseFile } from './database-file.ts'
import { checkInThread } from './file-check.ts'
import { LogTable } from './log-table.ts'
import { checkSchema, partitionsOf, type SchemaNeeds, storedMark } from './schema.ts'
import { storeFailure } from './sqlite-failure.ts'

/** Where a service keeps its data, or shall. */
export interface SqliteCopyOptions {
  readonly service: string
  /** The database file. */
  readonly file: string
}

/** For reading: any mark will do, and none is written. */
const anyMark: StoreMark = { kind: 'store' }

class SqliteCopy implements StoreCopy {
  readonly service: string
  readonly #file: string
  #reader: DatabaseSync | undefined
  #log: LogTable | undefined
  #seen: unknown
  /** The file held for this process alone. */
  #held: DatabaseFile | undefined
  #writer: CopyWriter | undefined

  constructor({ service, file }: SqliteCopyOptions) {
    this.service = service
    this.#file = file
  }

  /** Runs a task; what it throws is a failure of the one table. */
  #run<Result>(task: () => Result): Result {
    try {
      return task()
    } catch (thrown) {
      throw storeFailure(thrown, this.#file)
    }
  }

  #needs(arriving: StoreMark, partitions?: number): SchemaNeeds {
    return { service: this.service, file: this.#file, partitions, arriving }
  }

  /** The database, or undefined where no store was ever made. */
  #found(): DatabaseSync | undefined {
    if (this.#held) return this.#held.db
    if (this.#reader) return this.#reader
    if (!existsSync(this.#file)) return undefined
    const db = new DatabaseSync(this.#file, { readOnly: true, timeout: 1_000 })
    try {
      if (checkSchema(db, this.#needs(anyMark)) === 'ours') {
        this.#reader = db
        return db
      }
      db.close()
      return undefined
    } catch (thrown) {
      db.close()
      throw thrown
    }
  }

  #db(): DatabaseSync {
    const db = this.#found()
    if (db) return db
    throw new Failure('STORE_UNAVAILABLE', { hint: `${this.#file} has no data of ${this.service}.` })
  }

  async mark(): Promise<StoreMark> {
    return this.#run(() => {
      const db = this.#found()
      return db ? storedMark(db) : { kind: 'nothing' }
    })
  }

  /** The log as it is now: a table knows its heads, and another process may have written since. */
  #logNow(db: DatabaseSync): LogTable {
    const version = db.prepare('PRAGMA data_version').get()?.['data_version']
    if (!this.#log || version !== this.#seen)
      this.#log = new LogTable(db, this.service, partitionsOf(db), Number.POSITIVE_INFINITY)
    this.#seen = version
    return this.#log
  }

  /** In one transaction, for the newest rows move from one table to another while they are read. */
  #fromLog<Result>(task: (log: LogTable) => Result): Result {
    return this.#run(() => {
      const db = this.#db()
      db.exec('BEGIN')
      try {
        // A transaction sees the file as it is at its first read.
        storedMark(db)
        return task(this.#logNow(db))
      } finally {
        db.exec('COMMIT')
      }
    })
  }

  async heads(): Promise<readonly number[]> {
    return this.#fromLog((log) => log.heads)
  }

  async read(partition: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return this.#fromLog((log) => log.read(partition, after, limit))
  }

  async page(
    table: StoreTable,
    after: StoreRecord | undefined,
    limit: number
  ): Promise<readonly StoreRecord[]> {
    return this.#run(() => recordsBehind(this.#db(), table, after, limit))
  }

  check(): Promise<readonly string[]> {
    return checkInThread({ service: this.service, file: this.#file })
  }

  #open(needs: SchemaNeeds): DatabaseFile {
    if (this.#held) return this.#held
    this.#forget()
    const held = openDatabaseFile(needs)
    this.#held = held
    return held
  }

  async hold(): Promise<void> {
    this.#run(() => {
      this.#db()
      this.#open(this.#needs(anyMark))
    })
  }

  #change(task: (db: DatabaseSync) => void): void {
    this.#run(() => {
      const { db } = this.#held ?? { db: undefined }
      if (!db) throw new Failure('STORE_UNAVAILABLE', { hint: `${this.#file} is not held.` })
      db.exec('BEGIN IMMEDIATE')
      try {
        task(db)
        db.exec('COMMIT')
      } catch (thrown) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw thrown
      }
      this.#log = undefined
    })
  }

  async leave(move: string, to: string): Promise<void> {
    const mark: StoreMark = { kind: 'gone', move, to }
    this.#change((db) => {
      db.prepare("INSERT INTO setting (name, value) VALUES ('move', ?)").run(JSON.stringify(mark))
    })
  }

  async begin(move: string, from: string, partitions: number): Promise<void> {
    const mark: StoreMark = { kind: 'arriving', move, from }
    const found = await this.mark()
    if (found.kind === 'store')
      throw new Failure('CONFIG_INVALID', {
        hint: `${this.#file} has data of ${this.service} already: choose another place, or, if nobody needs them, remove the file.`,
        file: this.#file
      })
    this.#run(() => {
      const { db } = this.#open(this.#needs(mark, partitions))
      this.#writer = new CopyWriter(db, partitions)
    })
    this.#change((db) => {
      if (found.kind === 'gone') this.#writer?.clear('everything')
      db.prepare("UPDATE setting SET value = ? WHERE name = 'move'").run(JSON.stringify(mark))
    })
  }

  async appendLog(rows: readonly LogRow[]): Promise<void> {
    this.#change(() => this.#writer?.appendLog(rows))
  }

  async append(records: readonly StoreRecord[]): Promise<void> {
    this.#change(() => this.#writer?.append(records))
  }

  async clear(what: 'records' | 'everything'): Promise<void> {
    this.#change(() => this.#writer?.clear(what))
  }

  async finish(): Promise<void> {
    this.#change((db) => db.exec("DELETE FROM setting WHERE name = 'move'"))
  }

  #forget(): void {
    this.#reader?.close()
    this.#reader = undefined
    this.#log = undefined
  }

  async close(): Promise<void> {
    this.#run(() => {
      this.#forget()
      this.#held?.close(false)
      this.#held = undefined
      this.#writer = undefined
    })
  }
}

/**
 * The file of one service as something to copy from, or to. Opens nothing and makes nothing until it is asked; reading
 * changes nothing and goes beside a service that runs.
 */
export function sqliteCopy(options: SqliteCopyOptions): StoreCopy {
  return new SqliteCopy(options)
}
