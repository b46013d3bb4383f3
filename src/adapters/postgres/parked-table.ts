import { Failure } from '../../core/index.ts'
import {
  type LogRow,
  type ParkedChange,
  type ParkedFilter,
  type ParkedMessage,
  type ParkedStatus,
  type ParkedWrite,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'
import type { PostgresConnection, Row } from './connection.ts'
import { arrayLiteral, Statement } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

/** Of a row that `parkedOf` reads. */
export const parkedColumns =
  'number, subscription, key, source, partition, position, status, attempts, due, failure, parked, message'

/** The message of a row. */
export function parkedOf(row: Row): ParkedMessage {
  return {
    number: Number(row['number']),
    subscription: plainText(row['subscription']),
    key: plainText(row['key']),
    source: plainText(row['source']),
    partition: Number(row['partition']),
    position: Number(row['position']),
    status: row['status'] as ParkedStatus,
    attempts: Number(row['attempts']),
    dueMs: Number(row['due']),
    failure: plainText(row['failure']),
    parkedMs: Number(row['parked']),
    message: valueOfStoredJson(row['message']) as LogRow
  }
}

function joined(before: ParkedChange, after: ParkedChange): ParkedChange {
  const { number, expected } = after
  if (before.status !== expected.status || before.attempts !== expected.attempts) {
    const hint = `The parked message ${number} is no longer ${expected.status} with ${expected.attempts} attempts.`
    throw new Failure('VERSION_CONFLICT', { hint, number, expected })
  }
  const message = after.message === undefined ? before.message : after.message
  return { ...after, expected: before.expected, ...(message === undefined ? undefined : { message }) }
}

/** One change for each message, where a batch has several that follow each other. */
function wholeChanges(changes: readonly ParkedChange[]): readonly ParkedChange[] {
  const whole = new Map<number, ParkedChange>()
  for (const change of changes) {
    const before = whole.get(change.number)
    whole.set(change.number, before ? joined(before, change) : change)
  }
  return [...whole.values()]
}

/** Messages set aside. A number is never given twice. */
export class ParkedTable {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  /** The call that sets messages aside and gives their numbers. */
  write(statement: Statement, parked: readonly ParkedWrite[]): string {
    const column = statement.columnsOf(parked)
    const parts = [
      column('text', (write) => storedText(write.subscription)),
      column('text', (write) => keyText(write.key)),
      column('text', (write) => storedText(write.source)),
      column('integer', (write) => write.partition),
      column('bigint', (write) => write.position),
      column('text', (write) => write.status),
      column('integer', (write) => write.attempts),
      column('float8', (write) => write.dueMs),
      column('text', (write) => storedText(write.failure)),
      column('float8', (write) => write.parkedMs),
      column('json', (write) => storedJson(write.message))
    ]
    return `${this.#schema}.write_parked(${parts.join(', ')})`
  }

  /** The call that changes all, each in the status it expects. */
  change(statement: Statement, changes: readonly ParkedChange[]): string {
    const whole = wholeChanges(changes)
    const column = statement.columnsOf(whole)
    const parts = [
      column('bigint', (change) => change.number),
      column('text', (change) => change.expected.status),
      column('integer', (change) => change.expected.attempts),
      column('text', ({ status }) => (status === 'gone' ? undefined : status)),
      column('integer', (change) => change.attempts),
      column('float8', (change) => change.dueMs),
      column('text', (change) => storedText(change.failure)),
      column('json', ({ message }) => (message === undefined ? undefined : storedJson(message)))
    ]
    return `${this.#schema}.change_parked(${parts.join(', ')})`
  }

  async read(connection: PostgresConnection, filter: ParkedFilter): Promise<readonly ParkedMessage[]> {
    const { subscription, key, status, afterNumber, limit } = filter
    const select = new Statement()
    const conditions = [`number > ${select.value(afterNumber ?? 0)}`]
    if (subscription !== undefined)
      conditions.push(`subscription = ${select.value(storedText(subscription))}`)
    if (key !== undefined) conditions.push(`key = ${select.value(storedText(key))}`)
    if (status !== undefined) conditions.push(`status = ANY (${select.value(arrayLiteral(status))}::text[])`)
    const { rows } = await connection.query(
      `SELECT ${parkedColumns} FROM ${this.#schema}.parked WHERE ${conditions.join(' AND ')}
       ORDER BY number LIMIT ${select.value(limit)}`,
      select.values
    )
    return rows.map(parkedOf)
  }

  async counts(
    connection: PostgresConnection
  ): Promise<
    readonly { readonly subscription: string; readonly status: ParkedStatus; readonly count: number }[]
  > {
    const { rows } = await connection.query(
      `SELECT subscription, status, count(*) AS count FROM ${this.#schema}.parked GROUP BY subscription, status`
    )
    return rows.map((row) => ({
      subscription: plainText(row['subscription']),
      status: row['status'] as ParkedStatus,
      count: Number(row['count'])
    }))
  }

  async keys(
    connection: PostgresConnection
  ): Promise<readonly { readonly subscription: string; readonly key: string }[]> {
    const { rows } = await connection.query(`SELECT DISTINCT subscription, key FROM ${this.#schema}.parked`)
    return rows.map((row) => ({ subscription: plainText(row['subscription']), key: plainText(row['key']) }))
  }

  /** Forgets a subscription. */
  async drop(connection: PostgresConnection, subscription: string): Promise<void> {
    await connection.query(`DELETE FROM ${this.#schema}.parked WHERE subscription = $1`, [
      storedText(subscription)
    ])
  }
}
