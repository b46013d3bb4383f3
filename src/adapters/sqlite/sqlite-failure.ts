import { Failure } from '../../core/index.ts'

/** Primary result codes of SQLite that mean something to the caller. */
const codes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26
} as const

/** Extended result code: the file was opened to be read, and its journal must be rolled back before that. */
const readOnlyRollback = 776

function extendedCodeOf(thrown: unknown): number {
  return typeof thrown === 'object' && thrown !== null && 'errcode' in thrown ? Number(thrown.errcode) : 0
}

function codeOf(thrown: unknown): number {
  return extendedCodeOf(thrown) & 0xff
}

/** What an error of SQLite means for a store; a failure stays what it is. */
export function storeFailure(thrown: unknown, file: string): Failure {
  if (thrown instanceof Failure) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const details = { file, reason }
  switch (codeOf(thrown)) {
    case codes.full:
      return new Failure(
        'STORE_FULL',
        { hint: `${file} cannot grow: free some space; work goes on by itself then.`, ...details },
        thrown
      )
    case codes.corrupt:
    case codes.notADatabase:
      return new Failure(
        'STORE_CORRUPT',
        { hint: `${file} is damaged (${reason}): stop, keep the file, restore a copy.`, ...details },
        thrown
      )
    case codes.busy:
    case codes.locked:
      return new Failure(
        'STORE_UNAVAILABLE',
        { hint: `Another program is writing to ${file}.`, ...details },
        thrown
      )
    case codes.ioError:
    case codes.readOnly:
    case codes.cannotOpen:
      return new Failure(
        'STORE_UNAVAILABLE',
        { hint: `${file} cannot be read or written (${reason}).`, ...details },
        thrown
      )
    default:
      return new Failure('INTERNAL', { hint: `${file}: ${reason}`, ...details }, thrown)
  }
}

/** Whether SQLite says that somebody else holds a lock. */
export function isBusy(thrown: unknown): boolean {
  return codeOf(thrown) === codes.busy
}

/** Whether a writer died in the middle, and only a program that may write can roll back what it left. */
export function awaitsRollback(thrown: unknown): boolean {
  return extendedCodeOf(thrown) === readOnlyRollback
}
