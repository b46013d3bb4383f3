import { seededRandom } from './seeded-random.ts'
import { type DraftRow, type InvoiceDraft, invoiceDrafts, invoiceKinds } from './trade-drafts.ts'
import { tradeColumns } from './trade-row.ts'

export interface TradeGeneratorOptions {
  /** Rows after the header; the last invoice is cut off where they end. */
  readonly lines: number
  /** A whole number. The same seed gives the same rows, of which a longer file has more. */
  readonly seed: number
}

const firstInvoice = 500_000
const opening = Date.UTC(2010, 11, 1, 8)
const dayMinutes = 24 * 60
const openMinutes = 12 * 60

/**
 * A file of the trade format, line by line: the header, then `lines` rows, each with its line end (LF). It is
 * made up, but with the shares and the oddities of a real shop: credit notes, guests, service codes, stock
 * corrections, own costs, adjustments, free rows, fractional pence, negative prices, huge quantities, quoted
 * commas and quotes, repeated and lower-case codes, invoices in two pieces and across two minutes. From 6,000
 * lines on a file has each of them.
 */
export function* tradeFileLines(options: TradeGeneratorOptions): Generator<string, void, undefined> {
  yield `${tradeColumns.join(',')}\n`
  let left = options.lines
  if (left === 0) return
  for (const line of endlessRows(options.seed)) {
    yield line
    left -= 1
    if (left === 0) return
  }
}

function* endlessRows(seed: number): Generator<string, never, undefined> {
  const random = seededRandom(seed)
  const drafts = invoiceDrafts(random)
  let invoice = firstInvoice
  let minute = 0
  let late: string[] = []
  for (;;) {
    for (const kind of random.shuffled(invoiceKinds)) {
      const draft = drafts[kind]()
      const texts = draft.rows.map((row, index) =>
        rowText(draft, row, invoice, kind === 'acrossTwoMinutes' && index > 0 ? minute + 1 : minute)
      )
      // The second piece of an invoice comes after the invoice that follows it.
      const held = kind === 'inTwoPieces' ? texts.splice(1) : []
      yield* texts
      yield* late
      late = held
      invoice += 1
      minute += random.between(1, 12)
      if (minute % dayMinutes >= openMinutes) minute += dayMinutes - (minute % dayMinutes)
    }
  }
}

function rowText(draft: InvoiceDraft, row: DraftRow, invoice: number, minute: number): string {
  const columns = [
    `${draft.prefix}${invoice}`,
    row.stockCode,
    row.description,
    String(row.quantity),
    dateText(minute),
    row.price,
    draft.customerId,
    draft.country
  ]
  return `${columns.map(quoted).join(',')}\n`
}

function dateText(minute: number): string {
  const date = new Date(opening + minute * 60_000)
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear() % 100}`
  return `${day} ${date.getUTCHours()}:${String(date.getUTCMinutes()).padStart(2, '0')}`
}

function quoted(column: string): string {
  return /[",]/.test(column) ? `"${column.replaceAll('"', '""')}"` : column
}
