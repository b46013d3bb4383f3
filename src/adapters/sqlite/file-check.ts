import { DatabaseSync } from 'node:sqlite'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { partitionOf } from '../../core/index.ts'
import { LogTable } from './log-table.ts'
import { checkSchema, partitionsOf } from './schema.ts'
import { storeFailure } from './sqlite-failure.ts'

/** Which file is to be checked, and whose it must be. */
export interface FileToCheck {
  readonly service: string
  readonly file: string
}

/** What a thread of ours is told, and no other that imports this module. */
interface CheckOrder {
  readonly skerryFileToCheck: FileToCheck
}

/** So many problems are enough to know that a file is damaged. */
const problemsMax = 100
const rowsAtOnce = 512
/** The last row is looked up for so many states, spread over all. */
const statesSampled = 10_000

function* structure(db: DatabaseSync): IterableIterator<string> {
  for (const row of db.prepare(`PRAGMA integrity_check(${problemsMax})`).iterate())
    if (row['integrity_check'] !== 'ok') yield `SQLite: ${row['integrity_check']}`
}

/** Positions from 1 to the head without a hole, each row where it says it is, behind the one it points to. */
function* logRows(log: LogTable, service: string): IterableIterator<string> {
  for (const [partition, head] of log.heads.entries())
    for (let after = 0; after < head; ) {
      const rows = log.read(partition, after, rowsAtOnce)
      for (const row of rows) {
        after += 1
        if (row.partition !== partition || row.position !== after)
          yield `Log: ${service}:${row.partition}:${row.position} is in the place of ${service}:${partition}:${after}.`
        if (row.previous >= row.position)
          yield `Log: ${service}:${partition}:${after} points to ${row.previous}, which is not before it.`
      }
    }
}

/** Every state is within the log, and its last row is its own. */
function* states(db: DatabaseSync, log: LogTable): IterableIterator<string> {
  const count = Number(db.prepare('SELECT count(*) AS count FROM state').get()?.['count'])
  const step = Math.max(1, Math.floor(count / statesSampled))
  let seen = 0
  for (const row of db.prepare('SELECT unit, key, sequence, last_position FROM state').iterate()) {
    const { unit, key, sequence, last_position: last } = row as Record<string, number | string>
    const partition = partitionOf(String(key), log.heads.length)
    const head = log.heads[partition] ?? 0
    if (Number(last) > head)
      yield `State: ${unit} ${key} is at ${partition}:${last}, the log ends at ${head}.`
    else if (seen % step === 0 && Number(last) > 0) {
      const [said] = log.read(partition, Number(last) - 1, 1)
      if (said?.unit !== unit || said?.key !== key || said?.sequence !== sequence)
        yield `State: ${unit} ${key} has said ${sequence} and is at ${partition}:${last}, which is row ${said?.sequence} of ${said?.unit} ${said?.key}.`
    }
    seen += 1
  }
}

function* problemsOf({ service, file }: FileToCheck): IterableIterator<string> {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { readOnly: true })
    db.exec('BEGIN')
    let sound = true
    for (const problem of structure(db)) {
      sound = false
      yield problem
    }
    // Where SQLite itself is lost, what is read by it says nothing.
    if (!sound || checkSchema(db, { service, file, partitions: undefined }) === 'empty') return
    const log = new LogTable(db, service, partitionsOf(db), 0)
    yield* logRows(log, service)
    yield* states(db, log)
  } catch (thrown) {
    yield storeFailure(thrown, file).message
  } finally {
    db?.close()
  }
}

/**
 * Reads a database file and changes nothing: whether SQLite finds it whole, whether this version may use it for this
 * service, whether the log has no hole, and whether states stand where the log says. What is wrong, in sentences;
 * empty when nothing is. A running service checks more; see `RunningService.check`.
 */
export function checkSqliteFile(file: FileToCheck): readonly string[] {
  const problems: string[] = []
  for (const problem of problemsOf(file)) if (problems.push(problem) >= problemsMax) break
  return problems
}

/** The same in a thread and a read transaction of its own, so that an open store goes on meanwhile. */
export function checkInThread(file: FileToCheck): Promise<readonly string[]> {
  const order: CheckOrder = { skerryFileToCheck: file }
  const worker = new Worker(new URL(import.meta.url), { workerData: order })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error(`The check of ${file.file} ended without a result.`)))
  })
}

function isOrder(data: unknown): data is CheckOrder {
  return typeof data === 'object' && data !== null && 'skerryFileToCheck' in data
}

if (!isMainThread && isOrder(workerData))
  parentPort?.postMessage(checkSqliteFile(workerData.skerryFileToCheck))
