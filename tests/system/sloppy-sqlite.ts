import { DatabaseSync } from 'node:sqlite'

/**
 * From here on every store of this process commits with `synchronous=NORMAL`, though it has made sure of FULL: what
 * it acknowledges may be lost. A control, by which tests of power cuts show that they would notice.
 */
export function forgetSyncs(): void {
  const prepare = DatabaseSync.prototype.prepare
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql, ...rest) {
    // This is prepared when a store has opened its file and asked what SQLite gives.
    if (sql === 'BEGIN IMMEDIATE') this.exec('PRAGMA synchronous = NORMAL')
    return prepare.call(this, sql, ...rest)
  }
}
