import { Failure } from '../../core/index.ts'
import { type LogRow, type NewLogRow, storedJson, valueOfStoredJson } from '../../ports/index.ts'
import { sentPosition } from './batch-position.ts'
import type { PostgresConnection, Row } from './connection.ts'
import type { PreparedStatements } from './prepared-statements.ts'
import type { Statement } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

/** A read ends behind the rows with which it has come to so many bytes of data: rows are large or many, not both. */
const readBytesMax = 2 * 1_048_576

function optionalJson(value: unknown): string | undefined {
  return value === undefined ? undefined : storedJson(value)
}

/** Whose log it is. */
export interface LogNeeds {
  /** As it stands in statements. */
  readonly schema: string
  readonly service: string
  readonly partitions: number
  /** A row with more data is refused. */
  readonly dataMaxBytes: number
}

/** The log of one service. */
export class LogTable {
  readonly #schema: string
  readonly #service: string
  readonly #partitions: number
  readonly #dataMaxBytes: number
  readonly #prepared: PreparedStatements

  constructor({ schema, service, partitions, dataMaxBytes }: LogNeeds, prepared: PreparedStatements) {
    this.#schema = schema
    this.#service = service
    this.#partitions = partitions
    this.#dataMaxBytes = dataMaxBytes
    this.#prepared = prepared
  }

  /** The call that writes rows behind the heads, in their order, and gives their positions. */
  write(statement: Statement, rows: readonly NewLogRow[]): string {
    const next: number[] = []
    const nths = rows.map(({ partition }) => {
      this.#checkPartition(partition)
      const nth = (next[partition] ?? 0) + 1
      next[partition] = nth
      return nth
    })
    const column = statement.columnsOf(rows)
    const parts = [
      column('integer', (row) => row.partition),
      statement.array('bigint', nths),
      column('bigint', (row) => sentPosition(row.previous, rows.length)),
      column('text', (row) => row.kind),
      column('text', (row) => storedText(row.type)),
      column('integer', (row) => row.version),
      column('text', (row) => storedText(row.unit)),
      column('text', (row) => keyText(row.key)),
      column('bigint', (row) => row.sequence),
      column('float8', (row) => row.timeMs),
      column('text', (row) => storedText(row.correlationId)),
      column('text', (row) => storedText(row.causationId)),
      column('text', (row) => storedText(row.traceparent)),
      column('json', (row) => optionalJson(row.to)),
      column('json', (row) => optionalJson(row.replyTo)),
      column('json', (row) => this.#dataOf(row))
    ]
    return `${this.#schema}.write_log(${parts.join(', ')})`
  }

  #dataOf({ type, key, data }: NewLogRow): string {
    const text = storedJson(data)
    // A UTF-16 unit is at most three bytes of UTF-8: nearly all data need not be measured.
    if (text.length * 3 <= this.#dataMaxBytes) return text
    const bytes = Buffer.byteLength(text)
    if (bytes <= this.#dataMaxBytes) return text
    const hint = `The data of ${type} for ${key} has ${bytes} bytes; ${this.#dataMaxBytes} are the limit. Store large things elsewhere and send their address.`
    throw new Failure('MESSAGE_TOO_LARGE', { hint, type, key, bytes, maxBytes: this.#dataMaxBytes })
  }

  #checkPartition(partition: number): void {
    if (Number.isInteger(partition) && partition >= 0 && partition < this.#partitions) return
    const hint = `${this.#service} has the partitions 0 to ${this.#partitions - 1}, not ${partition}.`
    throw new Failure('PARTITION_UNKNOWN', { hint })
  }

  /** The last position of each partition that is committed. */
  async heads(connection: PostgresConnection): Promise<readonly number[]> {
    const { rows } = await connection.query(`SELECT head FROM ${this.#schema}.partition ORDER BY number`)
    return rows.map((row) => Number(row['head']))
  }

  /**
   * Asks once more when a row is not where it must be: a statement that was planned before a range came to the log, and
   * reads after that, has it not.
   */
  async #asked<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask()
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'STORE_CORRUPT') throw thrown
      return ask()
    }
  }

  /** Up to `limit` rows behind `after`; fewer where they are large, but one at least when there is one. */
  read(
    connection: PostgresConnection,
    partition: number,
    after: number,
    limit: number
  ): Promise<readonly LogRow[]> {
    return this.#asked(() => this.#read(connection, partition, after, limit))
  }

  async #read(
    connection: PostgresConnection,
    partition: number,
    after: number,
    limit: number
  ): Promise<readonly LogRow[]> {
    this.#checkPartition(partition)
    if (!Number.isSafeInteger(after) || after < 0)
      throw new Failure('POSITION_INVALID', { hint: `${after} is not a whole number from 0.` })
    const upto = Math.min(after + limit, Number.MAX_SAFE_INTEGER)
    const { rows } = await this.#prepared.query(
      connection,
      `SELECT * FROM ${this.#schema}.read_log($1, $2, $3, ${readBytesMax})`,
      [partition, after, upto]
    )
    const head = Number(rows[0]?.['head'] ?? 0)
    const found = rows.filter((row) => row['position'] !== null)
    const floor = Number(rows[0]?.['floor'] ?? 0)
    if (after < Math.min(floor, head) && limit > 0) throw this.#archived(partition, after + 1, floor)
    if (found.length === 0 && head > after && limit > 0) throw this.#missing(partition, after + 1)
    return found.map((row, index) => {
      if (Number(row['position']) !== after + index + 1) throw this.#missing(partition, after + index + 1)
      return this.#decode(row)
    })
  }

  /** Where the log was archived up to, as a part of a statement: whatever else that reads, it sees the same moment. */
  get #floor(): string {
    return `(SELECT coalesce(max(last), 0) FROM ${this.#schema}.archived)`
  }

  /** The first position that is not archived. */
  async firstPosition(connection: PostgresConnection): Promise<number> {
    const { rows } = await connection.query(`SELECT ${this.#floor} + 1 AS first`)
    return Number(rows[0]?.['first'])
  }

  #archived(partition: number, position: number, floor: number): Failure {
    const service = this.#service
    const hint = `Row ${service}:${partition}:${position} was archived, with everything up to position ${floor}: skerry archive ${service} --restore DIR puts it back.`
    return new Failure('LOG_ARCHIVED', { hint, service, partition, position, floor })
  }

  #missing(partition: number, position: number): Failure {
    const hint = `Row ${this.#service}:${partition}:${position} is not where the log has it.`
    return new Failure('STORE_CORRUPT', { hint, partition, position })
  }

  /** The row at `last` and those before it in its chain, oldest first, without those behind `upto`. */
  chain(
    connection: PostgresConnection,
    partition: number,
    last: number,
    upto: number
  ): Promise<readonly LogRow[]> {
    return this.#asked(() => this.#chain(connection, partition, last, upto))
  }

  async #chain(
    connection: PostgresConnection,
    partition: number,
    last: number,
    upto: number
  ): Promise<readonly LogRow[]> {
    if (last === 0) return []
    const { rows } = await this.#prepared.query(
      connection,
      `SELECT * FROM ${this.#schema}.read_chain($1, $2)`,
      [partition, last]
    )
    const floor = Number(rows[0]?.['floor'])
    const chain = rows.filter((row) => row['position'] !== null).map((row) => this.#decode(row))
    const isWhole = chain.at(-1)?.position === last && chain[0]?.previous === 0
    const missing = chain[0]?.previous ?? last
    if (!isWhole && missing <= floor) throw this.#archived(partition, missing, floor)
    if (!isWhole) throw this.#missing(partition, missing)
    return chain.filter((row) => row.position <= upto)
  }

  #decode(row: Row): LogRow {
    const { recipient, reply_to: replyTo } = row as Record<string, unknown>
    return {
      service: this.#service,
      partition: Number(row['partition']),
      position: Number(row['position']),
      kind: row['kind'] as LogRow['kind'],
      type: plainText(row['type']),
      version: Number(row['version']),
      unit: plainText(row['unit']),
      key: plainText(row['key']),
      sequence: Number(row['sequence']),
      previous: Number(row['previous']),
      timeMs: Number(row['time']),
      correlationId: plainText(row['correlation']),
      causationId: plainText(row['causation']),
      traceparent: plainText(row['traceparent']),
      ...(recipient === null ? undefined : { to: valueOfStoredJson(recipient) as NonNullable<LogRow['to']> }),
      ...(replyTo === null
        ? undefined
        : { replyTo: valueOfStoredJson(replyTo) as NonNullable<LogRow['replyTo']> }),
      data: valueOfStoredJson(row['data'])
    }
  }
}
