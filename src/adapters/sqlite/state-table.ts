import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import {
  isStorableKey,
  type StateWrite,
  type StoredState,
  storableKey,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'
import { resolvePosition } from './log-table.ts'

const columns = 'unit, key, version, sequence, last_position, revision, data'

/** What a row says of the state of its key. */
export function stateOf(row: Record<string, unknown>): StoredState {
  return {
    version: row['version'] as number,
    sequence: row['sequence'] as number,
    lastPosition: row['last_position'] as number,
    revision: row['revision'] as number,
    data: valueOfStoredJson(row['data'])
  }
}

/** The states of state machines and process managers. */
export class StateTable {
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #one: StatementSync
  readonly #page: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT INTO state (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
    )
    this.#update = db.prepare(
      'UPDATE state SET version = ?, sequence = ?, last_position = ?, revision = ?, data = ? WHERE unit = ? AND key = ? AND version = ?'
    )
    this.#one = db.prepare(`SELECT ${columns} FROM state WHERE unit = ? AND key = ?`)
    this.#page = db.prepare(`SELECT ${columns} FROM state WHERE unit = ? AND key > ? ORDER BY key LIMIT ?`)
  }

  /** Writes all, each on the version it expects; fails with `VERSION_CONFLICT` at the first that is not there. */
  write(states: readonly StateWrite[], positions: readonly number[]): void {
    for (const { unit, key, expected, version, sequence, lastPosition, revision, data } of states) {
      storableKey(key)
      const last = resolvePosition(lastPosition, positions)
      const text = storedJson(data)
      const { changes } =
        expected === 0
          ? this.#insert.run(unit, key, version, sequence, last, revision, text)
          : this.#update.run(version, sequence, last, revision, text, unit, key, expected)
      if (changes === 1) continue
      const hint = `${unit} ${key} is no longer at version ${expected}.`
      throw new Failure('VERSION_CONFLICT', { hint, unit, key, expected })
    }
  }

  read(unit: string, keys: readonly string[]): ReadonlyMap<string, StoredState> {
    const found = new Map<string, StoredState>()
    for (const key of keys) {
      const row = isStorableKey(key) ? this.#one.get(unit, key) : undefined
      if (row) found.set(key, stateOf(row))
    }
    return found
  }

  /** States in the order of their keys. */
  list(unit: string, afterKey: string, limit: number): readonly (StoredState & { readonly key: string })[] {
    return this.#page
      .all(unit, afterKey, limit)
      .map((row) => ({ key: row['key'] as string, ...stateOf(row) }))
  }
}
