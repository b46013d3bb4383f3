import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { checkSchema, prepareSchema, type SchemaNeeds } from './schema.ts'
import { isBusy, storeFailure } from './sqlite-failure.ts'

/** An open database file. */
export interface DatabaseFile {
  readonly db: DatabaseSync
  readonly partitions: number
  close(): void
}

/**
 * Takes the file for this process: an exclusive lock on a small file beside it, so that programs that only read may
 * still open the database. The operating system frees the lock when the process dies, however it dies.
 */
function lock(file: string): DatabaseSync {
  const holder = new DatabaseSync(`${file}-lock`)
  try {
    holder.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN EXCLUSIVE')
    return holder
  } catch (thrown) {
    holder.close()
    if (!isBusy(thrown)) throw thrown
    throw new Failure(
      'STORE_LOCKED',
      { hint: `${file}: stop that process, or give this one another data directory.`, file },
      thrown
    )
  }
}

function ask(db: DatabaseSync, file: string, pragma: string, wanted: string | number): void {
  db.exec(`PRAGMA ${pragma} = ${wanted}`)
  const given = Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]
  if (given !== wanted)
    throw new Failure('STORE_GUARANTEE', {
      hint: `${file}: SQLite gives ${pragma} ${given}, not ${wanted}; put it on a local disk.`,
      file
    })
}

function open(needs: SchemaNeeds): { db: DatabaseSync; partitions: number } {
  const db = new DatabaseSync(needs.file, { timeout: 1_000 })
  try {
    checkSchema(db, needs)
    ask(db, needs.file, 'journal_mode', 'wal')
    ask(db, needs.file, 'synchronous', 2)
    db.exec('PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY')
    return { db, partitions: prepareSchema(db, needs) }
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/**
 * Opens the file of one service for writing, creating it and its directory when missing. Fails with `STORE_LOCKED`,
 * `STORE_NEWER`, `STORE_CORRUPT`, `STORE_GUARANTEE`, `STORE_UNAVAILABLE` or `CONFIG_INVALID`; the file is untouched then.
 */
export function openDatabaseFile(needs: SchemaNeeds): DatabaseFile {
  try {
    mkdirSync(dirname(needs.file), { recursive: true })
  } catch (thrown) {
    const hint = `The directory of ${needs.file} cannot be made: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    throw new Failure('STORE_UNAVAILABLE', { hint, file: needs.file }, thrown)
  }
  try {
    const holder = lock(needs.file)
    try {
      const { db, partitions } = open(needs)
      const close = (): void => {
        if (db.isOpen) db.close()
        if (holder.isOpen) holder.close()
      }
      return { db, partitions, close }
    } catch (thrown) {
      holder.close()
      throw thrown
    }
  } catch (thrown) {
    throw storeFailure(thrown, needs.file)
  }
}
