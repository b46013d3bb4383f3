import { Failure } from '../../core/index.ts'
import {
  type Address,
  type LogRow,
  type NewLogRow,
  type ReplyTo,
  storedJson,
  valueOfStoredJson
} from '../../ports/index.ts'

const kinds: readonly LogRow['kind'][] = ['event', 'command', 'refusal']

/** Between two lines. JSON has no raw line feed inside a line, so lines can be split, and read as one array. */
export const lineBreak = ',\n'

/** A row of the log as one line of JSON; it begins with its place, so that a line is found without reading it all. */
type Line = readonly [
  partition: number,
  position: number,
  kind: number,
  unit: string,
  key: string,
  sequence: number,
  previous: number,
  type: string,
  version: number,
  timeMs: number,
  correlationId: string,
  causationId: string,
  traceparent: string,
  to: Address | null,
  replyTo: ReplyTo | null,
  data: unknown
]

/** The line of a row. Fails with `MESSAGE_TOO_LARGE` when its data has more than `maxBytes` bytes. */
export function lineOf(row: NewLogRow, position: number, previous: number, maxBytes: number): string {
  const { partition, kind, unit, key, sequence, type, version, timeMs, correlationId, causationId } = row
  const line: Line = [
    partition,
    position,
    kinds.indexOf(kind),
    unit,
    key,
    sequence,
    previous,
    type,
    version,
    timeMs,
    correlationId,
    causationId,
    row.traceparent,
    row.to ?? null,
    row.replyTo ?? null,
    row.data
  ]
  const text = JSON.stringify(line)
  // A UTF-16 unit is at most three bytes of UTF-8: nearly all lines need not be measured.
  if (text.length * 3 > maxBytes) checkSize(row, maxBytes)
  return text
}

function checkSize({ type, key, data }: NewLogRow, maxBytes: number): void {
  const bytes = Buffer.byteLength(storedJson(data))
  if (bytes <= maxBytes) return
  const hint = `The data of ${type} for ${key} has ${bytes} bytes; ${maxBytes} are the limit. Store large things elsewhere and send their address.`
  throw new Failure('MESSAGE_TOO_LARGE', { hint, type, key, bytes, maxBytes })
}

function rowOf(service: string, line: Line): LogRow {
  const [partition, position, kind, unit, key, sequence, previous, type, version, timeMs] = line
  const to = line[13]
  const replyTo = line[14]
  return {
    service,
    partition,
    position,
    kind: kinds[kind] ?? 'event',
    type,
    version,
    unit,
    key,
    sequence,
    previous,
    timeMs,
    correlationId: line[10],
    causationId: line[11],
    traceparent: line[12],
    ...(to === null ? undefined : { to }),
    ...(replyTo === null ? undefined : { replyTo }),
    data: line[15]
  }
}

/** The rows of lines that are joined by line breaks. */
export function rowsOf(service: string, lines: string): LogRow[] {
  return (valueOfStoredJson(`[${lines}]`) as Line[]).map((line) => rowOf(service, line))
}

/** Where the row of a line belongs. */
export function placeOf(line: string): { readonly partition: number; readonly position: number } {
  const comma = line.indexOf(',')
  const partition = Number(line.slice(1, comma))
  return { partition, position: Number(line.slice(comma + 1, line.indexOf(',', comma + 1))) }
}
