import { Failure } from '../../core/index.ts'
import type { StoredTimer, TimerWrite } from '../../ports/index.ts'
import type { PostgresConnection, Row } from './connection.ts'
import { haveOneKeyEach } from './one-key-each.ts'
import { Statement } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

/** Of a row that `timerOf` reads. */
export const timerColumns = 'unit, key, name, due, correlation, traceparent'

/** The order in which timers are due, as the index has it: the columns of the key are expressions there. */
export const timerOrder = "due, (unit || ''), (key || ''), (name || '')"

function joined(before: TimerWrite, { firedMs, ...after }: TimerWrite): TimerWrite {
  if (firedMs !== undefined && firedMs !== before.dueMs) {
    const { unit, key, name } = after
    const hint = `The timer ${name} of ${unit} ${key} is no longer due at ${firedMs}.`
    throw new Failure('VERSION_CONFLICT', { hint, unit, key, name, firedMs })
  }
  return before.firedMs === undefined ? after : { ...after, firedMs: before.firedMs }
}

/** One write for each timer, where a batch has several that follow each other. */
function lastWrites(timers: readonly TimerWrite[]): readonly TimerWrite[] {
  if (haveOneKeyEach(timers)) return timers
  const writes = new Map<string, TimerWrite>()
  for (const timer of timers) {
    const name = JSON.stringify([timer.unit, timer.key, timer.name])
    const before = writes.get(name)
    writes.set(name, before ? joined(before, timer) : timer)
  }
  return [...writes.values()]
}

/** The timer of a row. */
export function timerOf(row: Row): StoredTimer {
  return {
    unit: plainText(row['unit']),
    key: plainText(row['key']),
    name: plainText(row['name']),
    dueMs: Number(row['due']),
    correlationId: plainText(row['correlation']),
    traceparent: plainText(row['traceparent'])
  }
}

/** Timers that wait. */
export class TimerTable {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  /** The call that sets and removes. */
  write(statement: Statement, timers: readonly TimerWrite[]): string {
    const writes = lastWrites(timers)
    const column = statement.columnsOf(writes)
    const parts = [
      column('text', (timer) => storedText(timer.unit)),
      column('text', (timer) => keyText(timer.key)),
      column('text', (timer) => storedText(timer.name)),
      column('float8', ({ dueMs }) => (dueMs === 'cancel' ? undefined : dueMs)),
      column('float8', ({ firedMs }) => firedMs),
      column('text', (timer) => storedText(timer.correlationId)),
      column('text', (timer) => storedText(timer.traceparent))
    ]
    return `${this.#schema}.write_timers(${parts.join(', ')})`
  }

  /** Timers in the order in which they are due. */
  async read(
    connection: PostgresConnection,
    limit: number,
    units?: readonly string[]
  ): Promise<readonly StoredTimer[]> {
    const select = new Statement()
    const ofUnits = units ? `WHERE unit = ANY (${select.array('text', units.map(storedText))})` : ''
    const { rows } = await connection.query(
      `SELECT ${timerColumns} FROM ${this.#schema}.timer ${ofUnits} ORDER BY ${timerOrder} LIMIT ${select.value(limit)}`,
      select.values
    )
    return rows.map(timerOf)
  }

  async count(connection: PostgresConnection): Promise<number> {
    const { rows } = await connection.query(`SELECT count(*) AS waiting FROM ${this.#schema}.timer`)
    return Number(rows[0]?.['waiting'])
  }
}
