import {
  type Generation,
  type RecordOf,
  type StoreRecord,
  type StoreTable,
  valueOfStoredJson
} from '../../ports/index.ts'
import { auditColumns, auditOf } from './answer-table.ts'
import type { PostgresConnection, Row } from './connection.ts'
import { parkedColumns, parkedOf } from './parked-table.ts'
import { rowsTable } from './projection-rows.ts'
import { stateOf } from './state-table.ts'
import { plainText, storedText } from './stored-text.ts'
import { timerColumns, timerOf } from './timer-table.ts'

/** How the records of one table are found behind another, in the order of what makes them one of a kind. */
interface Pages<Table extends StoreTable> {
  readonly columns: string
  readonly order: readonly string[]
  readonly placeOf: (record: RecordOf<Table>) => readonly (string | number)[]
  readonly decode: (row: Row) => RecordOf<Table>
}

const state: Pages<'state'> = {
  columns: 'unit, key, version, sequence, last_position, revision, data',
  order: ['unit', 'key'],
  placeOf: ({ unit, key }) => [unit, key],
  decode: (row) => ({
    table: 'state',
    unit: plainText(row['unit']),
    key: plainText(row['key']),
    ...stateOf(row)
  })
}

const checkpoint: Pages<'checkpoint'> = {
  columns: 'subscription, source, partition, position, done',
  order: ['subscription', 'source', 'partition'],
  placeOf: ({ subscription, source, partition }) => [subscription, source, partition],
  decode: (row) => ({
    table: 'checkpoint',
    subscription: plainText(row['subscription']),
    source: plainText(row['source']),
    partition: Number(row['partition']),
    position: Number(row['position']),
    done: Number(row['done'])
  })
}

const timer: Pages<'timer'> = {
  columns: timerColumns,
  order: ['unit', 'key', 'name'],
  placeOf: ({ unit, key, name }) => [unit, key, name],
  decode: (row) => ({ table: 'timer', ...timerOf(row) })
}

const parked: Pages<'parked'> = {
  columns: parkedColumns,
  order: ['number'],
  placeOf: ({ number }) => [number],
  decode: (row) => ({ table: 'parked', ...parkedOf(row) })
}

const answer: Pages<'answer'> = {
  columns: 'idempotency_key, fingerprint, partition, position, refusal, time',
  order: ['idempotency_key'],
  placeOf: ({ idempotencyKey }) => [idempotencyKey],
  decode: (row) => ({
    table: 'answer',
    idempotencyKey: plainText(row['idempotency_key']),
    fingerprint: plainText(row['fingerprint']),
    outcome:
      row['refusal'] === null
        ? { partition: Number(row['partition']), position: Number(row['position']) }
        : { refusal: valueOfStoredJson(row['refusal']) },
    timeMs: Number(row['time'])
  })
}

const audit: Pages<'audit'> = {
  columns: `number, ${auditColumns}`,
  order: ['number'],
  placeOf: ({ number }) => [number],
  decode: (row) => ({ table: 'audit', number: Number(row['number']), ...auditOf(row) })
}

const generation: Pages<'generation'> = {
  columns: 'projection, generation, revision, status, indexes',
  order: ['projection', 'generation'],
  placeOf: ({ projection, generation }) => [projection, generation],
  decode: (row) => ({
    table: 'generation',
    projection: plainText(row['projection']),
    generation: Number(row['generation']),
    revision: Number(row['revision']),
    status: row['status'] as Generation['status'],
    indexes: valueOfStoredJson(plainText(row['indexes'])) as string[]
  })
}

/** The pages of one schema. */
export class CopyPages {
  readonly #connection: PostgresConnection
  readonly #schema: string

  constructor(connection: PostgresConnection, schema: string) {
    this.#connection = connection
    this.#schema = schema
  }

  async #page<Table extends StoreTable>(
    table: string,
    { columns, order, placeOf, decode }: Pages<Table>,
    after: RecordOf<Table> | undefined,
    limit: number
  ): Promise<readonly RecordOf<Table>[]> {
    const names = order.join(', ')
    const places = order.map((_, index) => `$${index + 2}`).join(', ')
    const where = after === undefined ? '' : `WHERE (${names}) > (${places})`
    const values = after === undefined ? [] : placeOf(after)
    const { rows } = await this.#connection.query(
      `SELECT ${columns} FROM ${this.#schema}.${table} ${where} ORDER BY ${names} LIMIT $1`,
      [limit, ...values.map((value) => (typeof value === 'string' ? storedText(value) : value))]
    )
    return rows.map(decode)
  }

  /** Each generation has a table of its own; a page is of one of them. */
  async #rows(after: RecordOf<'row'> | undefined, limit: number): Promise<readonly RecordOf<'row'>[]> {
    const generations = await this.#connection.query(
      `SELECT id, projection, generation FROM ${this.#schema}.generation
       WHERE (projection, generation) >= ($1, $2) ORDER BY projection, generation`,
      [storedText(after?.projection ?? ''), after?.generation ?? 0]
    )
    for (const named of generations.rows) {
      const [projection, generation] = [plainText(named['projection']), Number(named['generation'])]
      const isSame = after?.projection === projection && after.generation === generation
      const pages: Pages<'row'> = {
        columns: 'key, data',
        order: ['key'],
        placeOf: ({ key }) => [key],
        decode: (row) => ({
          table: 'row',
          projection,
          generation,
          key: plainText(row['key']),
          data: valueOfStoredJson(row['data'])
        })
      }
      const page = await this.#page(rowsTable(Number(named['id'])), pages, isSame ? after : undefined, limit)
      if (page.length > 0) return page
    }
    return []
  }

  async #number(after: RecordOf<'number'> | undefined): Promise<readonly RecordOf<'number'>[]> {
    if (after) return []
    const { rows } = await this.#connection.query(
      `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS given FROM ${this.#schema}.parked_number`
    )
    return [{ table: 'number', parked: Number(rows[0]?.['given']) }]
  }

  /** A page of the records of a table, as `StoreReader` promises it. */
  behind(table: StoreTable, after: StoreRecord | undefined, limit: number): Promise<readonly StoreRecord[]> {
    switch (table) {
      case 'state':
        return this.#page('state', state, after as RecordOf<'state'> | undefined, limit)
      case 'checkpoint':
        return this.#page('checkpoint', checkpoint, after as RecordOf<'checkpoint'> | undefined, limit)
      case 'timer':
        return this.#page('timer', timer, after as RecordOf<'timer'> | undefined, limit)
      case 'parked':
        return this.#page('parked', parked, after as RecordOf<'parked'> | undefined, limit)
      case 'answer':
        return this.#page('answer', answer, after as RecordOf<'answer'> | undefined, limit)
      case 'audit':
        return this.#page('audit', audit, after as RecordOf<'audit'> | undefined, limit)
      case 'generation':
        return this.#page('generation', generation, after as RecordOf<'generation'> | undefined, limit)
      case 'row':
        return this.#rows(after as RecordOf<'row'> | undefined, limit)
      case 'number':
        return this.#number(after as RecordOf<'number'> | undefined)
    }
  }
}
