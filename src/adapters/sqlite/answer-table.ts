import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import {
  type AnswerWrite,
  type AuditWrite,
  isStorableKey,
  type StoredAnswer,
  storableKey,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'

/** Where a row of the log is. */
export interface LogPlace {
  readonly partition: number
  readonly position: number
}

/** Of a row that `auditOf` reads. */
export const auditColumns = 'time, action, subject, by, reason, details'

/** What a row of the audit says. */
export function auditOf(row: Record<string, unknown>): AuditWrite {
  return {
    timeMs: row['time'] as number,
    action: row['action'] as string,
    subject: row['subject'] as string,
    by: row['by'] as string,
    reason: row['reason'] as string,
    details: valueOfStoredJson(row['details'])
  }
}

/** Answers to commands that carried an idempotency key, and what people did. */
export class AnswerTable {
  readonly #insert: StatementSync
  readonly #one: StatementSync
  readonly #note: StatementSync
  readonly #newest: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO answer (idempotency_key, fingerprint, outcome, time) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'
    )
    this.#one = db.prepare('SELECT fingerprint, outcome FROM answer WHERE idempotency_key = ?')
    this.#note = db.prepare(`INSERT INTO audit (${auditColumns}) VALUES (?, ?, ?, ?, ?, ?)`)
    this.#newest = db.prepare(`SELECT ${auditColumns} FROM audit ORDER BY number DESC LIMIT ?`)
  }

  /** Fails with `VERSION_CONFLICT` when a key has its answer already. */
  write(answers: readonly AnswerWrite[], placeOf: (row: number) => LogPlace): void {
    for (const { idempotencyKey, fingerprint, outcome, timeMs } of answers) {
      const stored = 'row' in outcome ? placeOf(outcome.row) : outcome
      const written = this.#insert.run(storableKey(idempotencyKey), fingerprint, storedJson(stored), timeMs)
      if (written.changes === 1) continue
      const hint = `The idempotency key ${idempotencyKey} has its answer already.`
      throw new Failure('VERSION_CONFLICT', { hint, idempotencyKey })
    }
  }

  read(idempotencyKey: string): StoredAnswer | undefined {
    const row = isStorableKey(idempotencyKey) ? this.#one.get(idempotencyKey) : undefined
    if (!row) return undefined
    const outcome = valueOfStoredJson(row['outcome']) as StoredAnswer['outcome']
    return { fingerprint: row['fingerprint'] as string, outcome }
  }

  writeAudit(audit: readonly AuditWrite[]): void {
    for (const { timeMs, action, subject, by, reason, details } of audit)
      this.#note.run(timeMs, action, subject, by, reason, storedJson(details))
  }

  /** The newest first. */
  readAudit(limit: number): readonly AuditWrite[] {
    return this.#newest.all(limit).map(auditOf)
  }
}
