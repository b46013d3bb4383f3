import { existsSync, realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { isBusy } from './sqlite-failure.ts'

/** Holds a file for this process until it is closed. */
export interface FileLock {
  close(): void
}

/** Somebody who looks whether a file is taken holds the lock for a moment. */
const lookMs = 250

function lockOf(file: string): string {
  return `${existsSync(file) ? realpathSync(file) : file}-lock`
}

/**
 * Takes a database file for this process, by an exclusive lock on a small file beside it: so programs that only read
 * may open the database meanwhile. Symbolic links to one file share its lock. The operating system frees the lock when
 * the process dies, however it dies. Fails with `STORE_LOCKED` when it is taken, in this process or another.
 */
export function lockFile(file: string): FileLock {
  const holder = new DatabaseSync(lockOf(file), { timeout: lookMs })
  try {
    holder.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN EXCLUSIVE')
    return holder
  } catch (thrown) {
    holder.close()
    if (!isBusy(thrown)) throw thrown
    const hint = `${file}: stop that process, or give this one another data directory.`
    throw new Failure('STORE_LOCKED', { hint, file }, thrown)
  }
}

/** Whether a process has a database file open as its store now. Changes nothing, and makes nothing. */
export function isSqliteFileTaken(file: string): boolean {
  const path = lockOf(file)
  if (!existsSync(path)) return false
  const looker = new DatabaseSync(path, { readOnly: true })
  try {
    looker.exec('SELECT count(*) FROM sqlite_schema')
    return false
  } catch (thrown) {
    if (!isBusy(thrown)) throw thrown
    return true
  } finally {
    looker.close()
  }
}
