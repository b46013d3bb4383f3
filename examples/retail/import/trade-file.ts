import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { CsvReader, type CsvRecord } from './csv-reader.ts'
import { TradeFileError } from './trade-file-error.ts'
import { checkTradeHeader, readTradeRow, type TradeRow, tradeColumns } from './trade-row.ts'

/** A whole trade file, every row of which has the right shape. */
export interface TradeFile {
  /** In the order of the file. */
  readonly rows: readonly TradeRow[]
  /** Of the file's bytes, in hexadecimal: two runs over one file agree on it. */
  readonly sha256: string
}

const byteOrderMark = '\u00ef\u00bb\u00bf'

/**
 * Reads the trade format piece by piece. What is another shape, and so refuses the file with TradeFileError:
 * a header that differs, a row of more or fewer columns, an empty or misshapen invoice number, an empty stock
 * code or country, a quantity that is no whole number, a price or date that cannot be read, a customer that is
 * no number, an empty line before the last row, a quote never closed, a zero byte, and figures that together
 * pass what a number counts exactly. A header alone is a file without trade. All else is for the plan to judge.
 */
export class TradeFileReader {
  readonly #csv = new CsvReader(tradeColumns)
  readonly #known = new Map<string, string>()
  #head: string | undefined = ''
  #headerSeen = false
  #emptyLine: number | undefined
  #amounts = 0
  #units = 0

  /** The rows that became complete with these bytes. */
  push(bytes: Uint8Array): TradeRow[] {
    // One character per byte, so that a piece may end within a character; each column is decoded by itself.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    if (this.#head === undefined) return this.#read(this.#csv.push(text))
    this.#head += text
    return this.#head.length < byteOrderMark.length ? [] : this.#read(this.#csv.push(this.#takeHead()))
  }

  /** The last row, when no line end closed it. */
  end(): TradeRow[] {
    const begun = this.#head === undefined ? [] : this.#csv.push(this.#takeHead())
    const rows = this.#read([...begun, ...this.#csv.end()])
    if (!this.#headerSeen) throw new TradeFileError(1, 1, tradeColumns[0], 'the file is empty')
    return rows
  }

  #takeHead(): string {
    const head = this.#head ?? ''
    this.#head = undefined
    return head.startsWith(byteOrderMark) ? head.slice(byteOrderMark.length) : head
  }

  #read(records: readonly CsvRecord[]): TradeRow[] {
    const rows: TradeRow[] = []
    for (const { line, fields } of records) {
      if (fields.length === 1 && fields[0] === '') {
        this.#emptyLine ??= line
        continue
      }
      if (this.#emptyLine !== undefined) {
        throw new TradeFileError(this.#emptyLine, 1, tradeColumns[0], 'the line is empty')
      }
      const record = { line, fields: fields.map((field) => this.#decoded(field)) }
      if (this.#headerSeen) rows.push(this.#counted(readTradeRow(record)))
      else checkTradeHeader(record)
      this.#headerSeen = true
    }
    return rows
  }

  /** One string for each distinct text: most columns repeat, and half a million rows have to fit. */
  #decoded(field: string): string {
    const known = this.#known.get(field)
    if (known !== undefined) return known
    const text = decode(field)
    this.#known.set(field, text)
    return text
  }

  #counted(row: TradeRow): TradeRow {
    this.#units += Math.abs(row.quantity)
    this.#amounts += Math.abs(row.quantity * (row.unitPence ?? 0))
    if (Number.isSafeInteger(this.#units) && Number.isSafeInteger(this.#amounts)) return row
    const problem = 'with this row the file passes what can be counted exactly (9,007,199,254,740,991)'
    throw new TradeFileError(row.line, tradeColumns.indexOf('Quantity') + 1, 'Quantity', problem)
  }
}

/** Reads a trade file that is already in memory. Throws TradeFileError when any row is of another shape. */
export function parseTradeFile(bytes: Uint8Array): TradeRow[] {
  const reader = new TradeFileReader()
  return [...reader.push(bytes), ...reader.end()]
}

/**
 * Reads and checks a whole file before anything is made of it. Rejects with TradeFileError (place and reason)
 * when it is of another shape, and with the error of `node:fs` when it cannot be read.
 */
export async function readTradeFile(path: string): Promise<TradeFile> {
  const reader = new TradeFileReader()
  const hash = createHash('sha256')
  const rows: TradeRow[] = []
  for await (const chunk of createReadStream(path)) {
    const bytes: Uint8Array = chunk
    hash.update(bytes)
    for (const row of reader.push(bytes)) rows.push(row)
  }
  for (const row of reader.end()) rows.push(row)
  return { rows, sha256: hash.digest('hex') }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const windows1252 = new TextDecoder('windows-1252')

/** A column that is not UTF-8 was written by an old spreadsheet: its pound sign is one byte. */
function decode(field: string): string {
  if (!/[\u0080-\u00ff]/.test(field)) return field
  const bytes = Buffer.from(field, 'latin1')
  try {
    return utf8.decode(bytes)
  } catch {
    return windows1252.decode(bytes)
  }
}
