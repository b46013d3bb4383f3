import type { CsvRecord } from './csv-reader.ts'
import { TradeFileError } from './trade-file-error.ts'

/** The header of a trade file, in its order. */
export const tradeColumns = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country'
] as const

type TradeColumn = (typeof tradeColumns)[number]

/** One row of a trade file, read and checked for shape; whether it makes sense as trade is the plan's to say. */
export interface TradeRow {
  /** The physical line on which the row begins; the header is line 1. */
  readonly line: number
  readonly invoice: string
  /** As it stands in the file: upper and lower case are different codes. */
  readonly stockCode: string
  readonly description: string
  readonly quantity: number
  /** ISO 8601. The file names no time zone; it is read as UTC. */
  readonly date: string
  /** Undefined when the price is a number but not a whole number of pence. */
  readonly unitPence: number | undefined
  /** Empty for a guest. */
  readonly customerId: string
  readonly country: string
}

const invoicePattern = /^[A-Z]?\d+$/
const wholeNumberPattern = /^-?\d+$/
const pricePattern = /^(-?)(\d*)(?:\.(\d+))?$/
const datePattern = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4}) (\d{1,2}):(\d{2})$/

/** Refuses a header other than `tradeColumns` with TradeFileError. */
export function checkTradeHeader(record: CsvRecord): void {
  refuseBinary(record)
  tradeColumns.forEach((name, index) => {
    const found = record.fields[index]
    if (found === name) return
    const problem =
      found === undefined
        ? 'the header ends before this column'
        : `the header has ${shown(found)} where ${name} belongs`
    throw new TradeFileError(record.line, index + 1, name, problem)
  })
  refuseSurplus(record)
}

/** Reads one record exactly, without rounding. Throws TradeFileError at the first column of another shape. */
export function readTradeRow(record: CsvRecord): TradeRow {
  refuseBinary(record)
  if (record.fields.length < tradeColumns.length) {
    const problem = `the row ends before this column (it has ${record.fields.length} of ${tradeColumns.length})`
    throw defect(record.line, tradeColumns[record.fields.length] ?? 'Country', problem)
  }
  refuseSurplus(record)
  const [invoice = '', stockCode = '', description = '', quantity = '', date = '', price = ''] = record.fields
  const [customerId = '', country = ''] = record.fields.slice(6)
  const { line } = record
  if (!invoicePattern.test(invoice)) {
    throw defect(
      line,
      'InvoiceNo',
      `${shown(invoice)} is no invoice number (digits, or one capital and digits)`
    )
  }
  if (stockCode === '') throw defect(line, 'StockCode', 'the stock code is missing')
  const row = {
    line,
    invoice,
    stockCode,
    description,
    quantity: readQuantity(line, quantity),
    date: readDate(line, date),
    unitPence: readPence(line, price),
    customerId,
    country
  }
  if (customerId !== '' && !/^\d+$/.test(customerId)) {
    throw defect(
      line,
      'CustomerID',
      `${shown(customerId)} is no customer number (digits, or nothing for a guest)`
    )
  }
  if (country === '') throw defect(line, 'Country', 'the country is missing')
  return row
}

function readQuantity(line: number, text: string): number {
  if (!wholeNumberPattern.test(text)) throw defect(line, 'Quantity', `${shown(text)} is no whole number`)
  const quantity = Number(text)
  if (!Number.isSafeInteger(quantity)) throw defect(line, 'Quantity', `${shown(text)} is too large to count`)
  return quantity === 0 ? 0 : quantity
}

function readPence(line: number, text: string): number | undefined {
  const match = pricePattern.exec(text)
  const [, sign, pounds = '', fraction = ''] = match ?? []
  if (match === null || pounds + fraction === '') {
    throw defect(line, 'UnitPrice', `${shown(text)} is no price in pounds (such as 2.55)`)
  }
  const pennies = fraction.replace(/0+$/, '')
  if (pennies.length > 2) return undefined
  const pence = Number(pounds + pennies.padEnd(2, '0'))
  if (!Number.isSafeInteger(pence)) throw defect(line, 'UnitPrice', `${shown(text)} is too large to count`)
  return sign === '-' && pence !== 0 ? -pence : pence
}

function readDate(line: number, text: string): string {
  const match = datePattern.exec(text)
  const [month = 0, day = 0, writtenYear = 0, hour = 0, minute = 0] = (match ?? []).slice(1).map(Number)
  const year = writtenYear < 100 ? 2000 + writtenYear : writtenYear
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute))
  // Date.UTC carries a 31st of November over into December; a date that comes back changed was none.
  const kept = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  if (match === null || !kept || minute > 59) {
    throw defect(line, 'InvoiceDate', `${shown(text)} is no date of the form month/day/year hour:minute`)
  }
  return date.toISOString().replace('.000Z', 'Z')
}

function refuseSurplus(record: CsvRecord): void {
  const surplus = record.fields[tradeColumns.length]
  if (surplus === undefined) return
  const problem = `${shown(surplus)} is one column too many (there are ${tradeColumns.length})`
  throw new TradeFileError(record.line, tradeColumns.length + 1, undefined, problem)
}

function refuseBinary(record: CsvRecord): void {
  const index = record.fields.findIndex((field) => field.includes('\0'))
  if (index < 0) return
  const problem =
    'there is a zero byte here, so this is no CSV text (save a spreadsheet as CSV in UTF-8 first)'
  throw new TradeFileError(record.line, index + 1, tradeColumns[index], problem)
}

function defect(line: number, name: TradeColumn, problem: string): TradeFileError {
  return new TradeFileError(line, tradeColumns.indexOf(name) + 1, name, problem)
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
}
