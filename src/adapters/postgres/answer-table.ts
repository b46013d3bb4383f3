import {
  type AnswerWrite,
  type AuditWrite,
  isStorableKey,
  type NewLogRow,
  type StoredAnswer,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'
import { sentPosition } from './batch-position.ts'
import type { PostgresConnection, Row } from './connection.ts'
import { arrayLiteral, type Statement } from './statement.ts'
import { keyText, plainText, storedText } from './stored-text.ts'

/** The row of the batch that an answer leads to, counted from 1, with its partition. */
function rowOf(
  { outcome }: AnswerWrite,
  log: readonly NewLogRow[]
): { readonly partition: number | undefined; readonly row: number | undefined } {
  if (!('row' in outcome)) return { partition: undefined, row: undefined }
  const row = -sentPosition(outcome, log.length)
  return { partition: log[outcome.row]?.partition, row }
}

function decode(row: Row): StoredAnswer {
  const outcome =
    row['refusal'] === null
      ? { partition: Number(row['partition']), position: Number(row['position']) }
      : { refusal: valueOfStoredJson(row['refusal']) }
  return { fingerprint: plainText(row['fingerprint']), outcome }
}

/** Of a row that `auditOf` reads. */
export const auditColumns = 'time, action, subject, by, reason, details'

/** What a row of the audit says. */
export function auditOf(row: Row): AuditWrite {
  return {
    timeMs: Number(row['time']),
    action: plainText(row['action']),
    subject: plainText(row['subject']),
    by: plainText(row['by']),
    reason: plainText(row['reason']),
    details: valueOfStoredJson(row['details'])
  }
}

/** Answers to commands that carried an idempotency key, and what people did. */
export class AnswerTable {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  /** The call that stores answers; `positions` are those of the rows of the batch. */
  write(
    statement: Statement,
    answers: readonly AnswerWrite[],
    positions: string,
    log: readonly NewLogRow[]
  ): string {
    const column = statement.columnsOf(answers)
    const place = statement.columnsOf(answers.map((answer) => rowOf(answer, log)))
    const parts = [
      column('text', (answer) => keyText(answer.idempotencyKey)),
      column('text', (answer) => storedText(answer.fingerprint)),
      place('integer', ({ partition }) => partition),
      place('bigint', ({ row }) => row),
      column('json', ({ outcome }) => ('row' in outcome ? undefined : storedJson(outcome.refusal))),
      column('float8', ({ timeMs }) => timeMs)
    ]
    return `${this.#schema}.write_answers(${positions}, ${parts.join(', ')})`
  }

  /** The answers that are there, by key. */
  async read(
    connection: PostgresConnection,
    idempotencyKeys: readonly string[]
  ): Promise<ReadonlyMap<string, StoredAnswer>> {
    const storable = idempotencyKeys.filter(isStorableKey)
    if (storable.length === 0) return new Map()
    const { rows } = await connection.query(
      `SELECT idempotency_key, fingerprint, partition, position, refusal FROM ${this.#schema}.answer
       WHERE idempotency_key = ANY ($1::text[])`,
      [arrayLiteral(storable.map(storedText))]
    )
    return new Map(rows.map((row) => [plainText(row['idempotency_key']), decode(row)]))
  }

  /** The call that notes what people did. */
  writeAudit(statement: Statement, audit: readonly AuditWrite[]): string {
    const column = statement.columnsOf(audit)
    const parts = [
      column('float8', ({ timeMs }) => timeMs),
      column('text', (write) => storedText(write.action)),
      column('text', (write) => storedText(write.subject)),
      column('text', (write) => storedText(write.by)),
      column('text', (write) => storedText(write.reason)),
      column('json', (write) => storedJson(write.details))
    ]
    return `${this.#schema}.write_audit(${parts.join(', ')})`
  }

  /** The newest first. */
  async readAudit(connection: PostgresConnection, limit: number): Promise<readonly AuditWrite[]> {
    const { rows } = await connection.query(
      `SELECT ${auditColumns} FROM ${this.#schema}.audit ORDER BY number DESC LIMIT $1`,
      [limit]
    )
    return rows.map(auditOf)
  }
}
