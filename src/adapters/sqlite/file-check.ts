import { DatabaseSync } from 'node:sqlite'
import { checkSchema } from './schema.ts'
import { storeFailure } from './sqlite-failure.ts'

function integrity(db: DatabaseSync): string[] {
  const found = db.prepare('PRAGMA integrity_check').all()
  return found.map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok')
}

/**
 * Reads the database file of a service that does not run, and changes nothing: whether SQLite finds all of it whole,
 * and whether this version may use it for this service. What is wrong, in sentences; empty when nothing is. A running
 * service checks more; see `RunningService.check`.
 */
export function checkSqliteFile({
  service,
  file
}: {
  readonly service: string
  readonly file: string
}): readonly string[] {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { readOnly: true })
    const problems = integrity(db)
    if (problems.length === 0) checkSchema(db, { service, file, partitions: undefined })
    return problems
  } catch (thrown) {
    return [storeFailure(thrown, file).message]
  } finally {
    db?.close()
  }
}
