import type { LogRow } from './log-row.ts'
import type {
  Checkpoint,
  Generation,
  ParkedMessage,
  StoredAnswer,
  StoredState,
  StoredTimer
} from './store.ts'
import type { AuditWrite } from './store-batch.ts'

/** One thing that a store keeps beside its log, whole, as a copy of it takes it over. */
export type StoreRecord =
  | ({ readonly table: 'state'; readonly unit: string; readonly key: string } & StoredState)
  | ({ readonly table: 'checkpoint'; readonly subscription: string } & Checkpoint)
  | ({ readonly table: 'timer' } & StoredTimer)
  | ({ readonly table: 'parked' } & ParkedMessage)
  | ({ readonly table: 'answer'; readonly idempotencyKey: string; readonly timeMs: number } & StoredAnswer)
  | ({ readonly table: 'audit'; readonly number: number } & AuditWrite)
  | ({ readonly table: 'generation'; readonly indexes: readonly string[] } & Generation)
  | {
      readonly table: 'row'
      readonly projection: string
      readonly generation: number
      readonly key: string
      readonly data: unknown
    }
  /** The last number that was given to a parked message. */
  | { readonly table: 'number'; readonly parked: number }

/** What a store keeps beside its log. */
export type StoreTable = StoreRecord['table']

/** The record of one table. */
export type RecordOf<Table extends StoreTable> = Extract<StoreRecord, { readonly table: Table }>

/** All tables, in an order in which they can be written: generations come before their rows. */
export const storeTables: readonly StoreTable[] = [
  'state',
  'checkpoint',
  'timer',
  'parked',
  'answer',
  'audit',
  'generation',
  'row',
  'number'
]

function fieldsOf(record: StoreRecord): readonly unknown[] {
  switch (record.table) {
    case 'state': {
      const { unit, key, version, sequence, lastPosition, revision, data } = record
      return [unit, key, version, sequence, lastPosition, revision, data]
    }
    case 'checkpoint':
      return [record.subscription, record.source, record.partition, record.position, record.done]
    case 'timer': {
      const { unit, key, name, dueMs, correlationId, traceparent } = record
      return [unit, key, name, dueMs, correlationId, traceparent]
    }
    case 'parked': {
      const { number, subscription, key, source, partition, position, status, attempts } = record
      const { dueMs, failure, parkedMs, message } = record
      const place = [number, subscription, key, source, partition, position]
      return [...place, status, attempts, dueMs, failure, parkedMs, message]
    }
    case 'answer': {
      const { idempotencyKey, fingerprint, outcome, timeMs } = record
      const said = 'refusal' in outcome ? [outcome.refusal] : [outcome.partition, outcome.position]
      return [idempotencyKey, fingerprint, timeMs, said]
    }
    case 'audit': {
      const { number, timeMs, action, subject, by, reason, details } = record
      return [number, timeMs, action, subject, by, reason, details]
    }
    case 'generation':
      return [record.projection, record.generation, record.revision, record.status, record.indexes]
    case 'row':
      return [record.projection, record.generation, record.key, record.data]
    case 'number':
      return [record.parked]
  }
}

/** A record as one line of JSON; equal lines are equal records, down to the order of the fields in their data. */
export function recordLine(record: StoreRecord): string {
  return JSON.stringify([record.table, ...fieldsOf(record)])
}

/** A row of the log as one line of JSON; equal lines are equal rows, down to the order of the fields in their data. */
export function logLine(row: LogRow): string {
  const { service, partition, position, kind, type, version, unit, key, sequence, previous } = row
  const { timeMs, correlationId, causationId, traceparent, to, replyTo, data } = row
  const place = [service, partition, position, previous, kind, type, version, unit, key, sequence]
  const context = [timeMs, correlationId, causationId, traceparent, to ?? null, replyTo ?? null]
  return JSON.stringify([...place, ...context, data])
}
