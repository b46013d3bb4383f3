import type { TradeRow } from './trade-row.ts'

/** One line of an order or a return. `quantity` is above zero in both. */
export interface TradeLine {
  /** The line of the file it comes from. */
  readonly line: number
  readonly stockCode: string
  readonly description: string
  readonly quantity: number
  readonly unitPence: number
  /** Products are stocked and counted; services (postage, discount, manual) are money only. */
  readonly kind: 'product' | 'service'
}

interface Invoice {
  /** As in the file; a return's begins with `C`. */
  readonly invoice: string
  /** The CustomerID, or `guest-` and the invoice. */
  readonly customer: string
  readonly country: string
  /** ISO 8601, UTC. */
  readonly date: string
  /** At least one, in the order of the file; a stock code may come twice, also at another price. */
  readonly lines: readonly TradeLine[]
  /** What the customer pays (order) or gets back (return). */
  readonly totalPence: number
}

export interface PlannedOrder extends Invoice {
  readonly kind: 'order'
}

export interface PlannedReturn extends Invoice {
  readonly kind: 'return'
}

export interface RejectedRow {
  readonly line: number
  readonly reason: string
}

/** Units of one product to receive before the first order, so that every order can ship. */
export interface StockReceipt {
  readonly stockCode: string
  /** The first description in the orders that is not empty, or else the stock code. */
  readonly description: string
  readonly units: number
}

export interface TradePlan {
  /** In the order in which their invoices begin in the file. */
  readonly trades: readonly (PlannedOrder | PlannedReturn)[]
  /** In the order of the file. With the lines of the trades they are all rows, each once. */
  readonly rejected: readonly RejectedRow[]
  /** In the order in which the orders first ask for them. */
  readonly stock: readonly StockReceipt[]
}

/** Why a row is no trade. Stable: people and programs may compare them. */
export const rejection = {
  correction: 'The row is a stock correction: its quantity is not above zero.',
  ownCost: "The row is a cost of the shop's own.",
  notReturned: 'A credit note takes back nothing in this row: its quantity is not below zero.',
  notPence: 'The price is not a whole number of pence.',
  negative: 'The price is negative.',
  noOrder: 'The invoice is no order: no row of it is sold at a price.'
} as const

interface PricedRow extends TradeRow {
  readonly unitPence: number
}

/**
 * Turns the rows of a file into trade.
 *
 * - Rows of one invoice belong together wherever they stand; the trade takes the place of the first of them.
 * - Customer, country and date are those of the invoice's first row that is not rejected for itself.
 * - A rejected row counts for nothing: an invoice whose only priced row is rejected is no order.
 * - What a row is comes before what its price is: correction, own cost and not returned win over the price;
 *   not whole pence wins over negative; `noOrder` is for rows that are otherwise sound.
 * - Only `C` marks a return. Adjustments (`A563185`) are read like every other invoice: one with a price above
 *   zero is an order of a service, one with a negative price is rejected. A bank charge is an own cost on a
 *   credit note; on an invoice it is charged to the customer.
 */
export function planTrades(rows: Iterable<TradeRow>): TradePlan {
  const trades: (PlannedOrder | PlannedReturn)[] = []
  const rejected: RejectedRow[] = []
  for (const [invoice, members] of byInvoice(rows)) {
    const credit = invoice.startsWith('C')
    const kept: PricedRow[] = []
    for (const row of members) {
      const reason = credit ? returnRejection(row) : orderRejection(row)
      if (reason !== undefined) rejected.push({ line: row.line, reason })
      else if (isPriced(row)) kept.push(row)
    }
    if (credit || kept.some((row) => row.unitPence > 0)) {
      const first = kept[0]
      if (first !== undefined) trades.push({ kind: credit ? 'return' : 'order', ...invoiceOf(first, kept) })
    } else {
      for (const row of kept) rejected.push({ line: row.line, reason: rejection.noOrder })
    }
  }
  rejected.sort((one, other) => one.line - other.line)
  return { trades, rejected, stock: stockFor(trades) }
}

/** Product codes begin with five digits. All others are services. */
export function isProductCode(stockCode: string): boolean {
  return /^[0-9]{5}/.test(stockCode)
}

function byInvoice(rows: Iterable<TradeRow>): Map<string, TradeRow[]> {
  const invoices = new Map<string, TradeRow[]>()
  for (const row of rows) {
    const members = invoices.get(row.invoice)
    if (members === undefined) invoices.set(row.invoice, [row])
    else members.push(row)
  }
  return invoices
}

function orderRejection(row: TradeRow): string | undefined {
  return row.quantity <= 0 ? rejection.correction : priceRejection(row)
}

function returnRejection(row: TradeRow): string | undefined {
  if (row.stockCode === 'BANK CHARGES' || row.stockCode === 'AMAZONFEE') return rejection.ownCost
  return row.quantity >= 0 ? rejection.notReturned : priceRejection(row)
}

function priceRejection(row: TradeRow): string | undefined {
  if (!isPriced(row)) return rejection.notPence
  return row.unitPence < 0 ? rejection.negative : undefined
}

function isPriced(row: TradeRow): row is PricedRow {
  return row.unitPence !== undefined
}

function invoiceOf(first: PricedRow, rows: readonly PricedRow[]): Invoice {
  const lines = rows.map(
    (row): TradeLine => ({
      line: row.line,
      stockCode: row.stockCode,
      description: row.description,
      quantity: Math.abs(row.quantity),
      unitPence: row.unitPence,
      kind: isProductCode(row.stockCode) ? 'product' : 'service'
    })
  )
  return {
    invoice: first.invoice,
    customer: first.customerId === '' ? `guest-${first.invoice}` : first.customerId,
    country: first.country,
    date: first.date,
    lines,
    totalPence: lines.reduce((sum, line) => sum + line.quantity * line.unitPence, 0)
  }
}

function stockFor(trades: readonly (PlannedOrder | PlannedReturn)[]): StockReceipt[] {
  const stock = new Map<string, { description: string; units: number }>()
  for (const line of trades.flatMap((trade) => (trade.kind === 'order' ? trade.lines : []))) {
    if (line.kind !== 'product') continue
    const receipt = stock.get(line.stockCode) ?? { description: '', units: 0 }
    receipt.units += line.quantity
    receipt.description ||= line.description
    stock.set(line.stockCode, receipt)
  }
  return [...stock].map(([stockCode, { description, units }]) => ({
    stockCode,
    description: description || stockCode,
    units
  }))
}
