import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { Generation, ProjectionWrite } from '../../ports/index.ts'
import { createRowsTable, ProjectionRows, rowsTable } from './projection-rows.ts'

function missing(projection: string, generation: number): Failure {
  const hint = `There is no generation ${generation} of ${projection}.`
  return new Failure('UNIT_UNKNOWN', { hint, projection, generation })
}

/** The generations of projections and their rows. Generations change in a transaction of the caller. */
export class GenerationTable {
  readonly #db: DatabaseSync
  readonly #all: StatementSync
  readonly #one: StatementSync
  readonly #insert: StatementSync
  readonly #remove: StatementSync
  readonly #live: StatementSync
  readonly #opened: Map<string, Map<number, ProjectionRows>> = new Map()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#all = db.prepare(
      'SELECT generation, revision, status FROM generation WHERE projection = ? ORDER BY generation'
    )
    this.#one = db.prepare('SELECT indexes FROM generation WHERE projection = ? AND generation = ?')
    this.#insert = db.prepare(
      'INSERT INTO generation (projection, generation, revision, status, indexes) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
    )
    this.#remove = db.prepare('DELETE FROM generation WHERE projection = ? AND generation = ?')
    this.#live = db.prepare("UPDATE generation SET status = 'live' WHERE projection = ? AND generation = ?")
  }

  list(projection: string): Generation[] {
    return this.#all.all(projection).map((row) => ({
      projection,
      generation: row['generation'] as number,
      revision: row['revision'] as number,
      status: row['status'] as Generation['status']
    }))
  }

  /** The rows of a generation. Fails with `UNIT_UNKNOWN` when it is not there. */
  rows(projection: string, generation: number): ProjectionRows {
    const known = this.#opened.get(projection)?.get(generation)
    if (known) return known
    const row = this.#one.get(projection, generation)
    if (!row) throw missing(projection, generation)
    const indexes = JSON.parse(row['indexes'] as string) as string[]
    const rows = new ProjectionRows(this.#db, projection, generation, indexes)
    const generations = this.#opened.get(projection) ?? new Map<number, ProjectionRows>()
    this.#opened.set(projection, generations.set(generation, rows))
    return rows
  }

  write(writes: readonly ProjectionWrite[]): void {
    for (const { projection, generation, key, data } of writes)
      this.rows(projection, generation).write(key, data)
  }

  add({ projection, generation, revision, status }: Generation, indexes: readonly string[]): void {
    const first = this.list(projection).length === 0 ? 'live' : status
    const added = this.#insert.run(projection, generation, revision, first, JSON.stringify(indexes))
    if (added.changes !== 1) {
      const hint = `${projection} has a generation ${generation} already.`
      throw new Failure('VERSION_CONFLICT', { hint, projection, generation })
    }
    createRowsTable(this.#db, projection, generation, indexes)
  }

  /** Makes a generation live and gives those that are discarded. */
  swap(projection: string, generation: number): readonly Generation[] {
    const all = this.list(projection)
    if (!all.some((each) => each.generation === generation)) throw missing(projection, generation)
    const others = all.filter((each) => each.generation !== generation)
    for (const other of others) this.#discard(other)
    this.#live.run(projection, generation)
    return others
  }

  /** Drops a generation that does not serve, and gives it. */
  drop(projection: string, generation: number): Generation {
    const found = this.list(projection).find((each) => each.generation === generation)
    if (!found) throw missing(projection, generation)
    if (found.status === 'live') {
      const hint = `Generation ${generation} of ${projection} is the one that serves.`
      throw new Failure('REBUILD_IMPOSSIBLE', { hint, projection, generation })
    }
    this.#discard(found)
    return found
  }

  #discard({ projection, generation }: Generation): void {
    this.#db.exec(`DROP TABLE ${rowsTable(projection, generation)}`)
    this.#remove.run(projection, generation)
  }

  /** Forgets the rows tables it knows, after generations have changed. */
  refresh(): void {
    this.#opened.clear()
  }
}
