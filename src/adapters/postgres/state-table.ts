import { Failure, partitionOf } from '../../core/index.ts'
import {
  isStorableKey,
  type StateWrite,
  type StoredState,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'
import { sentPosition } from './batch-position.ts'
import type { PostgresConnection, Row } from './connection.ts'
import { haveOneKeyEach } from './one-key-each.ts'
import type { PreparedStatements } from './prepared-statements.ts'
import { arrayLiteral, type Statement } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

const columns = 'key, version, sequence, last_position, revision, data'

/** What a row says of the state of its key. */
export function stateOf(row: Row): StoredState {
  return {
    version: Number(row['version']),
    sequence: Number(row['sequence']),
    lastPosition: Number(row['last_position']),
    revision: Number(row['revision']),
    data: valueOfStoredJson(row['data'])
  }
}

/** One write for each state, where a batch has several that follow each other. */
function lastWrites(states: readonly StateWrite[]): readonly StateWrite[] {
  if (haveOneKeyEach(states)) return states
  const writes = new Map<string, StateWrite>()
  for (const state of states) {
    const { unit, key, expected } = state
    const name = JSON.stringify([unit, key])
    const before = writes.get(name)
    if (before && before.version !== expected) {
      const hint = `${unit} ${key} is no longer at version ${expected}.`
      throw new Failure('VERSION_CONFLICT', { hint, unit, key, expected })
    }
    writes.set(name, before ? { ...state, expected: before.expected } : state)
  }
  return [...writes.values()]
}

/** The states of state machines and process managers. */
export class StateTable {
  readonly #schema: string
  readonly #partitions: number
  readonly #prepared: PreparedStatements

  constructor(schema: string, partitions: number, prepared: PreparedStatements) {
    this.#schema = schema
    this.#partitions = partitions
    this.#prepared = prepared
  }

  /** The call that writes all, each on the version it expects; `positions` are those of the rows of the batch. */
  write(statement: Statement, states: readonly StateWrite[], positions: string, rows: number): string {
    const writes = lastWrites(states)
    const column = statement.columnsOf(writes)
    const parts = [
      column('text', (state) => storedText(state.unit)),
      column('text', (state) => keyText(state.key)),
      column('integer', (state) => partitionOf(state.key, this.#partitions)),
      column('bigint', (state) => state.expected),
      column('bigint', (state) => state.version),
      column('bigint', (state) => state.sequence),
      column('bigint', (state) => sentPosition(state.lastPosition, rows)),
      column('integer', (state) => state.revision),
      column('json', (state) => storedJson(state.data))
    ]
    return `${this.#schema}.write_states(${positions}, ${parts.join(', ')})`
  }

  /** States by key, in the order in which the keys are asked for. */
  async read(
    connection: PostgresConnection,
    unit: string,
    keys: readonly string[]
  ): Promise<ReadonlyMap<string, StoredState>> {
    const storable = keys.filter(isStorableKey)
    if (storable.length === 0) return new Map()
    const { rows } = await this.#prepared.query(
      connection,
      `SELECT ${columns} FROM ${this.#schema}.read_states($1, $2)`,
      [storedText(unit), arrayLiteral(storable.map(storedText))]
    )
    const found = new Map(rows.map((row) => [plainText(row['key']), row]))
    return new Map(
      storable.flatMap((key) => {
        const row = found.get(key)
        return row ? [[key, stateOf(row)]] : []
      })
    )
  }

  /** States in the order of their keys. */
  async list(
    connection: PostgresConnection,
    unit: string,
    afterKey: string,
    limit: number
  ): Promise<readonly (StoredState & { readonly key: string })[]> {
    const { rows } = await connection.query(
      `SELECT ${columns} FROM ${this.#schema}.state WHERE unit = $1 AND key > $2 ORDER BY key LIMIT $3`,
      [storedText(unit), storedText(afterKey), limit]
    )
    return rows.map((row) => ({ key: plainText(row['key']), ...stateOf(row) }))
  }

  /** How many states of each of these units have another revision. */
  async otherRevisions(
    connection: PostgresConnection,
    revisions: ReadonlyMap<string, number>
  ): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    for (const [unit, revision] of revisions) {
      const { rows } = await connection.query(
        `SELECT count(*) AS others FROM ${this.#schema}.state WHERE unit = $1 AND revision <> $2`,
        [storedText(unit), revision]
      )
      counts.set(unit, Number(rows[0]?.['others']))
    }
    return counts
  }
}
