import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { StateWrite, StoredState } from '../../ports/index.ts'
import { resolvePosition } from './log-table.ts'
import { isStorable, keyText, parse, stringify } from './stored-text.ts'

const columns = 'unit, key, version, sequence, last_position, revision, data'

function decode(row: Record<string, unknown>): StoredState {
  return {
    version: row['version'] as number,
    sequence: row['sequence'] as number,
    lastPosition: row['last_position'] as number,
    revision: row['revision'] as number,
    data: parse(row['data'])
  }
}

/** The states of state machines and process managers. */
export interface StateTable {
  /** Writes all, each on the version it expects; fails with `VERSION_CONFLICT` at the first that is not there. */
  write(states: readonly StateWrite[], positions: readonly number[]): void
  read(unit: string, keys: readonly string[]): ReadonlyMap<string, StoredState>
  list(unit: string, afterKey: string, limit: number): readonly (StoredState & { readonly key: string })[]
}

/** Opens the state table. */
export function stateTable(db: DatabaseSync): StateTable {
  const insert = db.prepare(
    `INSERT INTO state (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
  )
  const update = db.prepare(
    'UPDATE state SET version = ?, sequence = ?, last_position = ?, revision = ?, data = ? WHERE unit = ? AND key = ? AND version = ?'
  )
  const one = db.prepare(`SELECT ${columns} FROM state WHERE unit = ? AND key = ?`)
  const page = db.prepare(`SELECT ${columns} FROM state WHERE unit = ? AND key > ? ORDER BY key LIMIT ?`)

  return {
    write(states, positions) {
      for (const state of states) {
        const { unit, version, sequence, expected, revision } = state
        const key = keyText(state.key)
        const last = resolvePosition(state.lastPosition, positions)
        const data = stringify(state.data)
        const { changes } =
          expected === 0
            ? insert.run(unit, key, version, sequence, last, revision, data)
            : update.run(version, sequence, last, revision, data, unit, key, expected)
        if (changes !== 1)
          throw new Failure('VERSION_CONFLICT', {
            hint: `${unit} ${key} is no longer at version ${expected}.`,
            unit,
            key,
            expected
          })
      }
    },
    read(unit, keys) {
      const found = new Map<string, StoredState>()
      for (const key of keys) {
        const row = isStorable(key) ? one.get(unit, key) : undefined
        if (row) found.set(key, decode(row))
      }
      return found
    },
    list: (unit, afterKey, limit) =>
      page.all(unit, afterKey, limit).map((row) => ({ key: row['key'] as string, ...decode(row) }))
  }
}
