import type { DatabaseSync } from 'node:sqlite'
import {
  type Generation,
  type RecordOf,
  type StoredAnswer,
  type StoreRecord,
  type StoreTable,
  valueOfStoredJson
} from '../../ports/index.ts'
import { auditColumns, auditOf } from './answer-table.ts'
import { parkedColumns, parkedOf } from './parked-table.ts'
import { rowsTable } from './projection-rows.ts'
import { stateOf } from './state-table.ts'
import { timerColumns, timerOf } from './timer-table.ts'

type Row = Record<string, unknown>

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
    unit: row['unit'] as string,
    key: row['key'] as string,
    ...stateOf(row)
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
  columns: 'idempotency_key, fingerprint, outcome, time',
  order: ['idempotency_key'],
  placeOf: ({ idempotencyKey }) => [idempotencyKey],
  decode: (row) => ({
    table: 'answer',
    idempotencyKey: row['idempotency_key'] as string,
    fingerprint: row['fingerprint'] as string,
    outcome: valueOfStoredJson(row['outcome']) as StoredAnswer['outcome'],
    timeMs: row['time'] as number
  })
}

const audit: Pages<'audit'> = {
  columns: `number, ${auditColumns}`,
  order: ['number'],
  placeOf: ({ number }) => [number],
  decode: (row) => ({ table: 'audit', number: row['number'] as number, ...auditOf(row) })
}

const generation: Pages<'generation'> = {
  columns: 'projection, generation, revision, status, indexes',
  order: ['projection', 'generation'],
  placeOf: ({ projection, generation }) => [projection, generation],
  decode: (row) => ({
    table: 'generation',
    projection: row['projection'] as string,
    generation: row['generation'] as number,
    revision: row['revision'] as number,
    status: row['status'] as Generation['status'],
    indexes: valueOfStoredJson(row['indexes']) as string[]
  })
}

function pageOf<Table extends StoreTable>(
  db: DatabaseSync,
  table: string,
  { columns, order, placeOf, decode }: Pages<Table>,
  after: RecordOf<Table> | undefined,
  limit: number
): readonly RecordOf<Table>[] {
  const names = order.join(', ')
  const places = order.map(() => '?').join(', ')
  const where = after === undefined ? '' : `WHERE (${names}) > (${places})`
  const values = after === undefined ? [] : placeOf(after)
  const select = db.prepare(`SELECT ${columns} FROM ${table} ${where} ORDER BY ${names} LIMIT ?`)
  return select.all(...values, limit).map(decode)
}

/** A subscription and source have one row with all partitions, so a page has whole ones. */
function checkpoints(
  db: DatabaseSync,
  after: RecordOf<'checkpoint'> | undefined,
  limit: number
): readonly RecordOf<'checkpoint'>[] {
  const rows = db
    .prepare(
      `SELECT subscription, source, places FROM checkpoint WHERE (subscription, source) >= (?, ?)
       ORDER BY subscription, source LIMIT ?`
    )
    .all(after?.subscription ?? '', after?.source ?? '', limit)
  const records = rows.flatMap((row) => {
    const places = valueOfStoredJson(row['places']) as [number, number, number][]
    return places
      .toSorted(([left], [right]) => left - right)
      .map(([partition, position, done]) => ({
        table: 'checkpoint' as const,
        subscription: row['subscription'] as string,
        source: row['source'] as string,
        partition,
        position,
        done
      }))
  })
  const isSeen = (record: RecordOf<'checkpoint'>): boolean =>
    after !== undefined &&
    record.subscription === after.subscription &&
    record.source === after.source &&
    record.partition <= after.partition
  return records.filter((record) => !isSeen(record))
}

/** Each generation has a table of its own; a page is of one of them. */
function rows(
  db: DatabaseSync,
  after: RecordOf<'row'> | undefined,
  limit: number
): readonly RecordOf<'row'>[] {
  const generations = db
    .prepare(
      `SELECT projection, generation FROM generation WHERE (projection, generation) >= (?, ?)
       ORDER BY projection, generation`
    )
    .all(after?.projection ?? '', after?.generation ?? 0)
  for (const named of generations) {
    const [projection, generation] = [named['projection'] as string, named['generation'] as number]
    const isSame = after?.projection === projection && after.generation === generation
    const pages: Pages<'row'> = {
      columns: 'key, data',
      order: ['key'],
      placeOf: ({ key }) => [key],
      decode: (row) => ({
        table: 'row',
        projection,
        generation,
        key: row['key'] as string,
        data: valueOfStoredJson(row['data'])
      })
    }
    const page = pageOf(db, rowsTable(projection, generation), pages, isSame ? after : undefined, limit)
    if (page.length > 0) return page
  }
  return []
}

function number(db: DatabaseSync, after: RecordOf<'number'> | undefined): readonly RecordOf<'number'>[] {
  if (after) return []
  const row = db.prepare("SELECT value FROM setting WHERE name = 'parked'").get()
  return [{ table: 'number', parked: Number(row?.['value'] ?? 0) }]
}

/** A page of the records of a table, as `StoreReader` promises it. */
export function recordsBehind(
  db: DatabaseSync,
  table: StoreTable,
  after: StoreRecord | undefined,
  limit: number
): readonly StoreRecord[] {
  switch (table) {
    case 'state':
      return pageOf(db, 'state', state, after as RecordOf<'state'> | undefined, limit)
    case 'timer':
      return pageOf(db, 'timer', timer, after as RecordOf<'timer'> | undefined, limit)
    case 'parked':
      return pageOf(db, 'parked', parked, after as RecordOf<'parked'> | undefined, limit)
    case 'answer':
      return pageOf(db, 'answer', answer, after as RecordOf<'answer'> | undefined, limit)
    case 'audit':
      return pageOf(db, 'audit', audit, after as RecordOf<'audit'> | undefined, limit)
    case 'generation':
      return pageOf(db, 'generation', generation, after as RecordOf<'generation'> | undefined, limit)
    case 'checkpoint':
      return checkpoints(db, after as RecordOf<'checkpoint'> | undefined, limit)
    case 'row':
      return rows(db, after as RecordOf<'row'> | undefined, limit)
    case 'number':
      return number(db, after as RecordOf<'number'> | undefined)
  }
}
