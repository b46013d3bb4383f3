import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const sqliteBusy = 5

/** A directory that is held by this process. The operating system frees it when the process dies, however it dies. */
export interface DirectoryLock {
  release(): void
}

function fileOf(directory: string): string {
  return join(directory, 'skerry.lock')
}

/**
 * Takes a data directory for this process; `undefined` when another has it. The stores lock their files too, but what
 * a config starts beside them comes first and must not meet another run in the same directory. Waits up to `waitMs` for
 * somebody who only looks.
 */
export function lockDirectory(directory: string, waitMs = 0): DirectoryLock | undefined {
  const holder = new DatabaseSync(fileOf(directory), { timeout: waitMs })
  try {
    holder.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN EXCLUSIVE')
    return { release: () => holder.close() }
  } catch (thrown) {
    holder.close()
    if (((thrown as { readonly errcode?: number }).errcode ?? 0) % 256 === sqliteBusy) return undefined
    throw thrown
  }
}

/** Whether a process has the directory now. */
export function isLocked(directory: string): boolean {
  if (!existsSync(fileOf(directory))) return false
  const lock = lockDirectory(directory)
  lock?.release()
  return lock === undefined
}
