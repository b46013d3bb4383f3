import { existsSync, realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { isBusy } from './sqlite-failure.ts'

/** Holds a file for this process until it is closed. */
export interface FileLock {
  close(): void
}

/**
 * Takes a database file for this process, by an exclusive lock on a small file beside it: so programs that only read
 * may open the database meanwhile. Symbolic links to one file share its lock. The operating system frees the lock when
 * the process dies, however it dies. Fails with `STORE_LOCKED` when it is taken, in this process or another.
 */
export function lockFile(file: string): FileLock {
  const holder = new DatabaseSync(`${existsSync(file) ? realpathSync(file) : file}-lock`)
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
