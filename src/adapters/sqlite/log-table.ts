import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/index.ts'
import type { Address, BatchPosition, LogRow, NewLogRow, ReplyTo } from '../../ports/index.ts'
import { jsonText, keyText, parse } from './stored-text.ts'

/** A row's id is partition * 2^48 + position: one b-tree holds the log, and no second index is needed. */
const partitionSpan = 2 ** 48
const kinds: readonly LogRow['kind'][] = ['event', 'command', 'refusal']
const columns = 'id, kind, unit, key, sequence, previous, type, version, time, meta, data'

type Meta = readonly [
  correlationId: string,
  causationId: string,
  traceparent: string,
  to?: Address | null,
  replyTo?: ReplyTo
]

function metaOf(row: NewLogRow): Meta {
  if (row.replyTo) return [row.correlationId, row.causationId, row.traceparent, row.to ?? null, row.replyTo]
  if (row.to) return [row.correlationId, row.causationId, row.traceparent, row.to]
  return [row.correlationId, row.causationId, row.traceparent]
}

function decode(service: string, row: Record<string, unknown>): LogRow {
  const id = row['id'] as number
  const partition = Math.floor(id / partitionSpan)
  const [correlationId, causationId, traceparent, to, replyTo] = parse(row['meta']) as Meta
  return {
    service,
    partition,
    position: id - partition * partitionSpan,
    kind: kinds[row['kind'] as number] ?? 'event',
    type: row['type'] as string,
    version: row['version'] as number,
    unit: row['unit'] as string,
    key: row['key'] as string,
    sequence: row['sequence'] as number,
    previous: row['previous'] as number,
    timeMs: row['time'] as number,
    correlationId,
    causationId,
    traceparent,
    ...(to ? { to } : {}),
    ...(replyTo ? { replyTo } : {}),
    data: parse(row['data'])
  }
}

/** Rows that were written but are not committed yet. */
export interface WrittenRows {
  readonly positions: readonly number[]
  /** Where a row of the batch is. Fails with `POSITION_INVALID` when the batch has no such row. */
  placeOf(row: number): { readonly partition: number; readonly position: number }
  /** Makes the new heads those of the log. */
  settle(): void
}

/** The log of one service. `heads` are those of the last commit. */
export interface LogTable {
  heads(): readonly number[]
  /** Writes the rows behind `heads` and gives their positions. */
  write(rows: readonly NewLogRow[]): WrittenRows
  read(partition: number, after: number, limit: number): readonly LogRow[]
  /** The row and those before it in its chain, oldest first, without those behind `upto`. */
  chain(partition: number, last: number, upto: number): readonly LogRow[]
}

/** Replaces the index of a row in its batch by that row's position. */
export function resolvePosition(position: BatchPosition, positions: readonly number[]): number {
  if (typeof position === 'number') return position
  const resolved = positions[position.row]
  if (resolved === undefined)
    throw new Failure('POSITION_INVALID', { hint: `The batch has no row ${position.row}.` })
  return resolved
}

function headsOf(db: DatabaseSync, partitions: number): number[] {
  const head = db.prepare('SELECT max(id) AS id FROM log WHERE id BETWEEN ? AND ?')
  return Array.from({ length: partitions }, (_, partition) => {
    const first = partition * partitionSpan
    const id = head.get(first, first + partitionSpan - 1)?.['id']
    return typeof id === 'number' ? id - first : 0
  })
}

/** Opens the log table. */
export function logTable(
  db: DatabaseSync,
  service: string,
  partitions: number,
  dataBytesMax: number
): LogTable {
  let heads = headsOf(db, partitions)
  const insert = db.prepare(`INSERT INTO log (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const range = db.prepare(`SELECT ${columns} FROM log WHERE id > ? AND id < ? ORDER BY id LIMIT ?`)
  const one = db.prepare(`SELECT ${columns} FROM log WHERE id = ?`)

  function checkPartition(partition: number): void {
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions)
      throw new Failure('PARTITION_UNKNOWN', {
        hint: `${service} has the partitions 0 to ${partitions - 1}, not ${partition}.`
      })
  }

  return {
    heads: () => heads,
    write(rows) {
      const next = [...heads]
      const positions = rows.map((row) => {
        checkPartition(row.partition)
        const position = (next[row.partition] ?? 0) + 1
        next[row.partition] = position
        return position
      })
      rows.forEach((row, index) => {
        const previous = resolvePosition(row.previous, positions)
        const id = row.partition * partitionSpan + (positions[index] ?? 0)
        const data = jsonText(row.data, dataBytesMax, row)
        const meta = JSON.stringify(metaOf(row))
        insert.run(
          id,
          kinds.indexOf(row.kind),
          row.unit,
          keyText(row.key),
          row.sequence,
          previous,
          row.type,
          row.version,
          row.timeMs,
          meta,
          data
        )
      })
      return {
        positions,
        placeOf: (row) => ({
          partition: rows[row]?.partition ?? 0,
          position: resolvePosition({ row }, positions)
        }),
        settle() {
          heads = next
        }
      }
    },
    read(partition, after, limit) {
      checkPartition(partition)
      if (!Number.isSafeInteger(after) || after < 0 || after >= partitionSpan)
        throw new Failure('POSITION_INVALID', { hint: `${after} is not a whole number from 0.` })
      const first = partition * partitionSpan
      return range.all(first + after, first + partitionSpan, limit).map((row) => decode(service, row))
    },
    chain(partition, last, upto) {
      const rows: LogRow[] = []
      let position = last
      while (position > 0) {
        const found = one.get(partition * partitionSpan + position)
        if (!found)
          throw new Failure('STORE_CORRUPT', {
            hint: `${service}:${partition}:${position} is missing from the log.`
          })
        const row = decode(service, found)
        if (row.position <= upto) rows.push(row)
        position = row.previous
      }
      return rows.reverse()
    }
  }
}
