import { TradeFileError } from './trade-file-error.ts'

/** One record of a CSV file. `line` is the physical line on which it begins, counted from 1. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

interface Scanned {
  readonly fields: readonly string[]
  /** Where the next record begins. */
  readonly next: number
  /** How many physical lines the record takes. */
  readonly lines: number
}

interface Misquoted {
  /** Physical lines of the record before the column that is wrong. */
  readonly linesBefore: number
  readonly column: number
  readonly problem: string
}

const recordLengthMax = 1_048_576

/**
 * Splits text that arrives in pieces into CSV records: fields in quotes may hold commas, doubled quotes and
 * line ends; lines end in LF, CRLF or CR; the last one may end in nothing. Throws TradeFileError on a quote
 * that is never closed or is followed by text, and on a record longer than 1,048,576 characters.
 */
export class CsvReader {
  readonly #columnNames: readonly string[]
  #rest = ''
  #line = 1

  /** The names, by position, are for messages. */
  constructor(columnNames: readonly string[]) {
    this.#columnNames = columnNames
  }

  /** The records that became complete with this piece, in order. */
  push(text: string): CsvRecord[] {
    const records = this.#take(this.#rest + text, false)
    if (this.#rest.length > recordLengthMax) this.#refuseEndlessRecord()
    return records
  }

  /** The record that no line end closed, if there is one. */
  end(): CsvRecord[] {
    return this.#take(this.#rest, true)
  }

  #take(text: string, final: boolean): CsvRecord[] {
    const records: CsvRecord[] = []
    let start = 0
    while (start < text.length) {
      const scanned = scanPlainLine(text, start) ?? this.#scan(text, start, final)
      if (scanned === undefined) break
      records.push({ line: this.#line, fields: scanned.fields })
      start = scanned.next
      this.#line += scanned.lines
    }
    this.#rest = text.slice(start)
    return records
  }

  #scan(text: string, start: number, final: boolean): Scanned | undefined {
    const scanned = scanRecord(text, start, final)
    if (scanned === undefined || 'next' in scanned) return scanned
    throw this.#defect(this.#line + scanned.linesBefore, scanned.column, scanned.problem)
  }

  #refuseEndlessRecord(): never {
    const scanned = this.#scan(this.#rest, 0, true)
    throw this.#defect(
      this.#line,
      scanned?.fields.length ?? 1,
      'the line is longer than 1,048,576 characters'
    )
  }

  #defect(line: number, column: number, problem: string): TradeFileError {
    return new TradeFileError(line, column, this.#columnNames[column - 1], problem)
  }
}

/** The usual line, without quotes, costs one search and one split. */
function scanPlainLine(text: string, start: number): Scanned | undefined {
  const end = text.indexOf('\n', start)
  if (end < 0) return undefined
  const line = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end)
  if (line.includes('"') || line.includes('\r')) return undefined
  return { fields: line.split(','), next: end + 1, lines: 1 }
}

/** Undefined when the text ends before the record does and more text may come. */
function scanRecord(text: string, start: number, final: boolean): Scanned | Misquoted | undefined {
  const fields: string[] = []
  let linesBefore = 0
  let at = start
  for (;;) {
    const quoted = text[at] === '"'
    const end = quoted ? quotedEnd(text, at, final) : plainEnd(text, at)
    if (end === undefined) return undefined
    if (typeof end === 'string') return { linesBefore, column: fields.length + 1, problem: end }
    const raw = text.slice(at, end)
    fields.push(quoted ? raw.slice(1, -1).replaceAll('""', '"') : raw)
    linesBefore += lineEndsIn(raw)
    const lines = linesBefore + 1
    if (end === text.length) return final ? { fields, next: end, lines } : undefined
    if (text[end] === ',') {
      at = end + 1
      continue
    }
    if (text[end] === '\n') return { fields, next: end + 1, lines }
    // A carriage return at the end of this piece may be half of a CRLF.
    if (end + 1 === text.length && !final) return undefined
    return { fields, next: text[end + 1] === '\n' ? end + 2 : end + 1, lines }
  }
}

function plainEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at += 1
  return at
}

/** Where the quoted field ends, or what is wrong with it, or undefined when more text must tell. */
function quotedEnd(text: string, start: number, final: boolean): number | string | undefined {
  let from = start + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote < 0) return final ? 'the quote opened here is never closed' : undefined
    const after = text[quote + 1]
    if (after === undefined) return final ? quote + 1 : undefined
    if (after === ',' || after === '\n' || after === '\r') return quote + 1
    if (after !== '"') {
      return 'the quote opened here is closed within the column (a quote inside is written twice)'
    }
    from = quote + 2
  }
}

function lineEndsIn(field: string): number {
  return field.includes('\n') || field.includes('\r') ? field.split(/\r\n|\r|\n/).length - 1 : 0
}
