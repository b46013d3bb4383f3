import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const groupMax = 500

/** The write failed and was rolled back: nothing of the item was recorded, and it may be tried again. */
export class StoreTrouble extends Error {
  override readonly name = 'StoreTrouble'
}

type Waiting<Item, Result> = {
  item: Item
  resolve: (result: Result) => void
  reject: (error: StoreTrouble) => void
}

/** A SQLite file whose writers share transactions, and so share the wait for the disk. */
export type GroupCommit<Item, Result> = {
  readonly db: DatabaseSync
  /** Resolves once the item is durable; items of one group are applied in the order they were added. */
  add(item: Item): Promise<Result>
  /** Commits what was added, then closes the file. Items added later are rejected. */
  close(): void
}

type Options<Item, Result> = {
  /** Path of the database file, or `:memory:`. */
  file: string
  schema: string
  /** Prepares the statements once and returns the function that applies one item inside a transaction. */
  prepare: (db: DatabaseSync) => (item: Item) => Result
}

/** Opens the file and commits everything that arrives in one turn of the event loop with one fsync. */
export function groupCommit<Item, Result>(options: Options<Item, Result>): GroupCommit<Item, Result> {
  const db = openDatabase(options.file, options.schema)
  const apply = options.prepare(db)
  let waiting: Waiting<Item, Result>[] = []
  let scheduled = false
  let closed = false

  const flush = (): void => {
    scheduled = false
    const group = waiting.slice(0, groupMax)
    waiting = waiting.slice(groupMax)
    if (waiting.length > 0) schedule()
    commit(db, apply, group)
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  return {
    db,
    add: (item) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new StoreTrouble(`${options.file} is closed`))
        waiting.push({ item, resolve, reject })
        schedule()
      }),
    close: () => {
      if (closed) return
      closed = true
      while (waiting.length > 0) flush()
      db.close()
    }
  }
}

function openDatabase(file: string, schema: string): DatabaseSync {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const db = new DatabaseSync(file, { timeout: 200 })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec(schema)
  return db
}

function commit<Item, Result>(
  db: DatabaseSync,
  apply: (item: Item) => Result,
  group: readonly Waiting<Item, Result>[]
): void {
  if (group.length === 0) return
  const results: Result[] = []
  try {
    db.exec('BEGIN IMMEDIATE')
    for (const { item } of group) results.push(apply(item))
    db.exec('COMMIT')
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    const trouble = new StoreTrouble('the store could not write; nothing was recorded', { cause })
    for (const { reject } of group) reject(trouble)
    return
  }
  for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result)
}
