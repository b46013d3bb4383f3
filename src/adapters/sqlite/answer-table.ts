import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { AnswerWrite, AuditWrite, StoredAnswer } from '../../ports/index.ts'
import { isStorable, keyText, parse, stringify } from './stored-text.ts'

/** Where a row of the log is. */
export interface LogPlace {
  readonly partition: number
  readonly position: number
}

/** Answers to commands that carried an idempotency key, and what people did. */
export interface AnswerTable {
  /** Fails with `VERSION_CONFLICT` when a key has its answer already. */
  write(answers: readonly AnswerWrite[], placeOf: (row: number) => LogPlace): void
  read(idempotencyKey: string): StoredAnswer | undefined
  writeAudit(audit: readonly AuditWrite[]): void
  /** The newest first. */
  readAudit(limit: number): readonly AuditWrite[]
}

/** Opens the tables of answers and of the audit trail. */
export function answerTable(db: DatabaseSync): AnswerTable {
  const insert = db.prepare(
    'INSERT INTO answer (idempotency_key, fingerprint, outcome, time) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'
  )
  const one = db.prepare('SELECT fingerprint, outcome FROM answer WHERE idempotency_key = ?')
  const note = db.prepare(
    'INSERT INTO audit (time, action, subject, by, reason, details) VALUES (?, ?, ?, ?, ?, ?)'
  )
  const newest = db.prepare(
    'SELECT time, action, subject, by, reason, details FROM audit ORDER BY number DESC LIMIT ?'
  )

  return {
    write(answers, placeOf) {
      for (const { idempotencyKey, fingerprint, outcome, timeMs } of answers) {
        const stored = 'row' in outcome ? placeOf(outcome.row) : outcome
        if (insert.run(keyText(idempotencyKey), fingerprint, stringify(stored), timeMs).changes === 1)
          continue
        const hint = `The idempotency key ${idempotencyKey} has its answer already.`
        throw new Failure('VERSION_CONFLICT', { hint, idempotencyKey })
      }
    },
    read(idempotencyKey) {
      const row = isStorable(idempotencyKey) ? one.get(idempotencyKey) : undefined
      return (
        row && {
          fingerprint: row['fingerprint'] as string,
          outcome: parse(row['outcome']) as StoredAnswer['outcome']
        }
      )
    },
    writeAudit(audit) {
      for (const { timeMs, action, subject, by, reason, details } of audit)
        note.run(timeMs, action, subject, by, reason, stringify(details))
    },
    readAudit: (limit) =>
      newest.all(limit).map((row) => ({
        timeMs: row['time'] as number,
        action: row['action'] as string,
        subject: row['subject'] as string,
        by: row['by'] as string,
        reason: row['reason'] as string,
        details: parse(row['details'])
      }))
  }
}
