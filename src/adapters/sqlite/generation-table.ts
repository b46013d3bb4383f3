import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import { type Generation, type ProjectionWrite, subscriptionName } from '../../ports/index.ts'
import { createRowsTable, type ProjectionRows, projectionRows, rowsTable } from './projection-rows.ts'

/** The generations of projections and their rows. Its changes run inside a transaction of the caller. */
export interface GenerationTable {
  list(projection: string): readonly Generation[]
  rows(projection: string, generation: number): ProjectionRows
  write(writes: readonly ProjectionWrite[]): void
  add(generation: Generation, indexes: readonly string[]): void
  swap(projection: string, generation: number): void
  drop(projection: string, generation: number): void
  /** Forgets what it knows of the rows tables, after a change was committed or rolled back. */
  refresh(): void
}

function unknown(projection: string, generation: number): Failure {
  return new Failure('UNIT_UNKNOWN', {
    hint: `There is no generation ${generation} of ${projection}.`,
    projection,
    generation
  })
}

/** Opens the generation table; `forget` drops what a subscription has stored. */
export function generationTable(db: DatabaseSync, forget: (subscription: string) => void): GenerationTable {
  const all = db.prepare(
    'SELECT generation, revision, status, indexes FROM generation WHERE projection = ? ORDER BY generation'
  )
  const one = db.prepare(
    'SELECT revision, status, indexes FROM generation WHERE projection = ? AND generation = ?'
  )
  const insert = db.prepare(
    'INSERT INTO generation (projection, generation, revision, status, indexes) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
  )
  const remove = db.prepare('DELETE FROM generation WHERE projection = ? AND generation = ?')
  const live = db.prepare("UPDATE generation SET status = 'live' WHERE projection = ? AND generation = ?")
  const opened = new Map<string, Map<number, ProjectionRows>>()

  function rows(projection: string, generation: number): ProjectionRows {
    const known = opened.get(projection)?.get(generation)
    if (known) return known
    const row = one.get(projection, generation)
    if (!row) throw unknown(projection, generation)
    const found = projectionRows(db, projection, generation, JSON.parse(row['indexes'] as string) as string[])
    const generations = opened.get(projection) ?? new Map<number, ProjectionRows>()
    opened.set(projection, generations.set(generation, found))
    return found
  }

  function list(projection: string): Generation[] {
    return all.all(projection).map((row) => ({
      projection,
      generation: row['generation'] as number,
      revision: row['revision'] as number,
      status: row['status'] as Generation['status']
    }))
  }

  function discard(projection: string, generation: number): void {
    db.exec(`DROP TABLE ${rowsTable(projection, generation)}`)
    remove.run(projection, generation)
    forget(subscriptionName(projection, generation))
  }

  return {
    list,
    rows,
    write(writes) {
      for (const { projection, generation, key, data } of writes)
        rows(projection, generation).write(key, data)
    },
    add({ projection, generation, revision, status }, indexes) {
      const first = list(projection).length === 0
      const added = insert.run(
        projection,
        generation,
        revision,
        first ? 'live' : status,
        JSON.stringify(indexes)
      )
      if (added.changes !== 1)
        throw new Failure('VERSION_CONFLICT', {
          hint: `${projection} has a generation ${generation} already.`,
          projection,
          generation
        })
      createRowsTable(db, projection, generation, indexes)
    },
    swap(projection, generation) {
      const others = list(projection)
      if (!others.some((other) => other.generation === generation)) throw unknown(projection, generation)
      for (const other of others) if (other.generation !== generation) discard(projection, other.generation)
      live.run(projection, generation)
    },
    drop(projection, generation) {
      const found = list(projection).find((other) => other.generation === generation)
      if (!found) throw unknown(projection, generation)
      if (found.status === 'live')
        throw new Failure('REBUILD_IMPOSSIBLE', {
          hint: `Generation ${generation} of ${projection} is the one that serves.`,
          projection,
          generation
        })
      discard(projection, generation)
    },
    refresh() {
      opened.clear()
    }
  }
}
