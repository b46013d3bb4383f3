import { Failure, partitionOf } from '../../core/index.ts'
import type { LogRow, RecordOf, StoreRecord } from '../../ports/index.ts'
import type { PostgresConnection } from './connection.ts'
import { GenerationTable } from './generation-table.ts'
import { insertLog } from './log-insert.ts'
import { PreparedStatements } from './prepared-statements.ts'
import { createRowsTable, dropRowsTable, putsOf } from './projection-rows.ts'
import { RangeTable } from './range-table.ts'
import { Statement } from './statement.ts'
import { keyText, storedText } from './stored-text.ts'

/** Columns of a table, each with the place of its values. */
type Columns = Readonly<Record<string, string>>

function json(value: unknown): string {
  return JSON.stringify(value)
}

/** Writes what arrives from another store, in transactions of the caller. */
export class CopyWriter {
  readonly #connection: PostgresConnection
  readonly #schema: string
  readonly #partitions: number
  readonly #generations: GenerationTable
  readonly #ranges: RangeTable

  constructor(connection: PostgresConnection, schema: string, partitions: number) {
    this.#connection = connection
    this.#schema = schema
    this.#partitions = partitions
    this.#generations = new GenerationTable(schema, new PreparedStatements())
    this.#ranges = new RangeTable(schema)
  }

  async #insert(table: string, statement: Statement, columns: Columns): Promise<void> {
    const names = Object.keys(columns).join(', ')
    await this.#connection.query(
      `INSERT INTO ${this.#schema}.${table} (${names}) OVERRIDING SYSTEM VALUE
       SELECT * FROM unnest(${Object.values(columns).join(', ')}) ON CONFLICT DO NOTHING`,
      statement.values
    )
  }

  async #newRows(rows: readonly LogRow[]): Promise<readonly LogRow[]> {
    const { rows: found } = await this.#connection.query(
      `SELECT number, head FROM ${this.#schema}.partition ORDER BY number`
    )
    const heads = found.map((row) => Number(row['head']))
    return rows.filter(({ partition, position }) => {
      const head = heads[partition]
      if (head === undefined)
        throw new Failure('PARTITION_UNKNOWN', { hint: `There is no partition ${partition} here.` })
      if (position > head + 1)
        throw new Failure('POSITION_INVALID', { hint: `Row ${partition}:${position} leaves a hole.` })
      heads[partition] = Math.max(head, position)
      return position > head
    })
  }

  async appendLog(all: readonly LogRow[]): Promise<void> {
    const rows = await this.#newRows(all)
    if (rows.length === 0) return
    const highest = rows.reduce((most, { position }) => Math.max(most, position), 0)
    await this.#ranges.make(this.#connection, highest)
    await insertLog(this.#connection, this.#schema, 'log', rows)
    const heads = new Map(rows.map(({ partition, position }) => [partition, position]))
    const moved = new Statement()
    const place = moved.columnsOf([...heads])
    const [numbers, positions] = [place('integer', ([number]) => number), place('bigint', ([, head]) => head)]
    await this.#connection.query(
      `UPDATE ${this.#schema}.partition AS p SET head = n.head FROM unnest(${numbers}, ${positions})
       AS n (number, head) WHERE p.number = n.number`,
      moved.values
    )
  }

  async append(records: readonly StoreRecord[]): Promise<void> {
    const of = <Table extends StoreRecord['table']>(table: Table): RecordOf<Table>[] =>
      records.filter((record): record is RecordOf<Table> => record.table === table)
    await this.#states(of('state'))
    await this.#checkpoints(of('checkpoint'))
    await this.#timers(of('timer'))
    await this.#parked(of('parked'))
    await this.#answers(of('answer'))
    await this.#audit(of('audit'))
    for (const record of of('generation')) await this.#generation(record)
    await this.#rows(of('row'))
    for (const { parked } of of('number')) await this.#given(`${this.#schema}.parked_number`, parked)
  }

  /** Lets a sequence go on behind a number. */
  async #given(sequence: string, last: number): Promise<void> {
    await this.#connection.query('SELECT setval($1::regclass, $2, $3)', [
      sequence,
      Math.max(1, last),
      last > 0
    ])
  }

  async #states(states: readonly RecordOf<'state'>[]): Promise<void> {
    if (states.length === 0) return
    const statement = new Statement()
    const column = statement.columnsOf(states)
    await this.#insert('state', statement, {
      unit: column('text', ({ unit }) => storedText(unit)),
      key: column('text', ({ key }) => keyText(key)),
      partition: column('integer', ({ key }) => partitionOf(key, this.#partitions)),
      version: column('bigint', ({ version }) => version),
      sequence: column('bigint', ({ sequence }) => sequence),
      last_position: column('bigint', ({ lastPosition }) => lastPosition),
      revision: column('integer', ({ revision }) => revision),
      data: column('json', ({ data }) => json(data))
    })
  }

  async #checkpoints(checkpoints: readonly RecordOf<'checkpoint'>[]): Promise<void> {
    if (checkpoints.length === 0) return
    const statement = new Statement()
    const column = statement.columnsOf(checkpoints)
    await this.#insert('checkpoint', statement, {
      subscription: column('text', ({ subscription }) => storedText(subscription)),
      source: column('text', ({ source }) => storedText(source)),
      partition: column('integer', ({ partition }) => partition),
      position: column('bigint', ({ position }) => position),
      done: column('bigint', ({ done }) => done)
    })
  }

  async #timers(timers: readonly RecordOf<'timer'>[]): Promise<void> {
    if (timers.length === 0) return
    const statement = new Statement()
    const column = statement.columnsOf(timers)
    await this.#insert('timer', statement, {
      unit: column('text', ({ unit }) => storedText(unit)),
      key: column('text', ({ key }) => keyText(key)),
      name: column('text', ({ name }) => storedText(name)),
      due: column('float8', ({ dueMs }) => dueMs),
      correlation: column('text', ({ correlationId }) => storedText(correlationId)),
      traceparent: column('text', ({ traceparent }) => storedText(traceparent))
    })
  }

  async #parked(parked: readonly RecordOf<'parked'>[]): Promise<void> {
    if (parked.length === 0) return
    const statement = new Statement()
    const column = statement.columnsOf(parked)
    await this.#insert('parked', statement, {
      number: column('bigint', ({ number }) => number),
      subscription: column('text', ({ subscription }) => storedText(subscription)),
      key: column('text', ({ key }) => keyText(key)),
      source: column('text', ({ source }) => storedText(source)),
      partition: column('integer', ({ partition }) => partition),
      position: column('bigint', ({ position }) => position),
      status: column('text', ({ status }) => status),
      attempts: column('integer', ({ attempts }) => attempts),
      due: column('float8', ({ dueMs }) => dueMs),
      failure: column('text', ({ failure }) => storedText(failure)),
      parked: column('float8', ({ parkedMs }) => parkedMs),
      message: column('json', ({ message }) => json(message))
    })
  }

  async #answers(answers: readonly RecordOf<'answer'>[]): Promise<void> {
    if (answers.length === 0) return
    const statement = new Statement()
    const column = statement.columnsOf(answers)
    await this.#insert('answer', statement, {
      idempotency_key: column('text', ({ idempotencyKey }) => keyText(idempotencyKey)),
      fingerprint: column('text', ({ fingerprint }) => storedText(fingerprint)),
      partition: column('integer', ({ outcome }) => ('refusal' in outcome ? undefined : outcome.partition)),
      position: column('bigint', ({ outcome }) => ('refusal' in outcome ? undefined : outcome.position)),
      refusal: column('json', ({ outcome }) => ('refusal' in outcome ? json(outcome.refusal) : undefined)),
      time: column('float8', ({ timeMs }) => timeMs)
    })
  }

  async #audit(audit: readonly RecordOf<'audit'>[]): Promise<void> {
    const last = audit.at(-1)
    if (!last) return
    const statement = new Statement()
    const column = statement.columnsOf(audit)
    await this.#insert('audit', statement, {
      number: column('bigint', ({ number }) => number),
      time: column('float8', ({ timeMs }) => timeMs),
      action: column('text', ({ action }) => storedText(action)),
      subject: column('text', ({ subject }) => storedText(subject)),
      by: column('text', ({ by }) => storedText(by)),
      reason: column('text', ({ reason }) => storedText(reason)),
      details: column('json', ({ details }) => json(details))
    })
    const { rows } = await this.#connection.query('SELECT pg_get_serial_sequence($1, $2) AS sequence', [
      `${this.#schema}.audit`,
      'number'
    ])
    await this.#given(String(rows[0]?.['sequence']), last.number)
  }

  async #generation({
    projection,
    generation,
    revision,
    status,
    indexes
  }: RecordOf<'generation'>): Promise<void> {
    const { rows } = await this.#connection.query(
      `INSERT INTO ${this.#schema}.generation (projection, generation, revision, status, indexes)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id`,
      [storedText(projection), generation, revision, status, storedText(json(indexes))]
    )
    if (rows[0]) await createRowsTable(this.#connection, this.#schema, Number(rows[0]['id']), indexes)
  }

  async #rows(writes: readonly RecordOf<'row'>[]): Promise<void> {
    if (writes.length === 0) return
    const statement = new Statement()
    const puts = putsOf(await this.#generations.write(this.#connection, statement, writes))
    await this.#connection.query(`WITH ${puts.join(', ')} SELECT 1`, statement.values)
  }

  async clear(what: 'records' | 'everything'): Promise<void> {
    const { rows } = await this.#connection.query(`SELECT id FROM ${this.#schema}.generation`)
    const tables = ['state', 'checkpoint', 'timer', 'parked', 'answer', 'audit', 'generation']
    await this.#connection.query(`TRUNCATE ${tables.map((table) => `${this.#schema}.${table}`).join(', ')}`)
    for (const row of rows) await dropRowsTable(this.#connection, this.#schema, Number(row['id']))
    if (what === 'everything') await this.#ranges.clear(this.#connection)
    await this.#given(`${this.#schema}.parked_number`, 0)
    this.#generations.refresh()
  }
}
