import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { lockFile } from './file-lock.ts'
import { checkSchema, prepareSchema, type SchemaNeeds } from './schema.ts'
import { awaitsRollback, storeFailure } from './sqlite-failure.ts'
import { closeAfterFailure } from './write-ahead-log.ts'

/** An open database file. */
export interface DatabaseFile {
  readonly db: DatabaseSync
  readonly partitions: number
  /** Closes it; after a failed write or sync, so that nothing of the transaction that failed is left. */
  close(failed: boolean): void
}

/** How long to wait for another program that is writing, before a call fails. */
const busyMs = 1_000

/**
 * Pages kept in memory, and pages in the write-ahead log after which they are copied to the database: more copy a
 * page less often, but make one commit wait longer. A log that grew large in one burst is cut back to the limit.
 */
const tuning = `
PRAGMA cache_size = -4096;
PRAGMA wal_autocheckpoint = 2000;
PRAGMA journal_size_limit = 67108864;
PRAGMA temp_store = MEMORY`

/** Makes a directory that outlives a power cut, with those it is in. */
function makeDirectory(directory: string, file: string): void {
  try {
    const first = mkdirSync(directory, { recursive: true })
    if (first === undefined) return
    for (let made = directory; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made))
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const hint = `The directory of ${file} cannot be made: ${reason}`
    throw new Failure('STORE_UNAVAILABLE', { hint, file }, thrown)
  }
}

function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function ask(db: DatabaseSync, file: string, pragma: string, wanted: string | number): void {
  db.exec(`PRAGMA ${pragma} = ${wanted}`)
  const given = Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]
  if (given === wanted) return
  const hint = `${file}: SQLite gives ${pragma} ${given}, not ${wanted}; put it on a local disk.`
  throw new Failure('STORE_GUARANTEE', { hint, file })
}

function check(needs: SchemaNeeds, readOnly: boolean): void {
  const db = new DatabaseSync(needs.file, { readOnly, timeout: busyMs })
  try {
    checkSchema(db, needs)
  } finally {
    db.close()
  }
}

/**
 * Looks at a file that is there without touching it: it may be that of a newer version, or of another program. Only
 * what a killed writer left half written is rolled back first, as by any program that opens it.
 */
function inspect(needs: SchemaNeeds): void {
  if (!existsSync(needs.file)) return
  try {
    check(needs, true)
  } catch (thrown) {
    if (!awaitsRollback(thrown)) throw thrown
    check(needs, false)
  }
}

function open(needs: SchemaNeeds): { readonly db: DatabaseSync; readonly partitions: number } {
  inspect(needs)
  const db = new DatabaseSync(needs.file, { timeout: busyMs })
  try {
    ask(db, needs.file, 'journal_mode', 'wal')
    ask(db, needs.file, 'synchronous', 2)
    db.exec(tuning)
    return { db, partitions: prepareSchema(db, needs) }
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/**
 * Opens the file of one service for writing, making it and its directory when missing. Fails with `STORE_LOCKED`,
 * `STORE_NEWER`, `STORE_CORRUPT`, `STORE_GUARANTEE`, `STORE_UNAVAILABLE` or `CONFIG_INVALID`; a file that was there
 * is as it was then.
 */
export function openDatabaseFile(needs: SchemaNeeds): DatabaseFile {
  const { file } = needs
  makeDirectory(dirname(file), file)
  try {
    const lock = lockFile(file)
    try {
      const { db, partitions } = open(needs)
      const close = (failed: boolean): void => {
        try {
          if (failed) closeAfterFailure(db, file)
          else db.close()
        } finally {
          lock.close()
        }
      }
      return { db, partitions, close }
    } catch (thrown) {
      lock.close()
      throw thrown
    }
  } catch (thrown) {
    throw storeFailure(thrown, file)
  }
}
