import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTradeFile } from '../../examples/retail/import/trade-file.ts'
import { tradeFileLines } from '../../examples/retail/import/trade-generator.ts'
import { planTrades, type TradePlan } from '../../examples/retail/import/trade-plan.ts'
import { available } from '../servers/required.ts'
import { retailDataMissing, retailFile } from '../servers/retail-data.ts'
import { type TradeReport, tradeReport } from './trade-oracle.ts'

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

/** What the services would report once the whole plan has been traded. */
function reportOf(plan: TradePlan): TradeReport {
  const customers: Record<string, { charged: number; refunded: number }> = {}
  const units: Record<string, { shipped: number; returned: number }> = {}
  const counts = { order: 0, return: 0 }
  const pence = { order: 0, return: 0 }
  for (const trade of plan.trades) {
    const ordered = trade.kind === 'order'
    counts[trade.kind] += 1
    pence[trade.kind] += trade.totalPence
    const customer = customers[trade.customer] ?? { charged: 0, refunded: 0 }
    customer[ordered ? 'charged' : 'refunded'] += trade.totalPence
    customers[trade.customer] = customer
    for (const line of trade.lines.filter((one) => one.kind === 'product')) {
      const unit = units[line.stockCode] ?? { shipped: 0, returned: 0 }
      unit[ordered ? 'shipped' : 'returned'] += line.quantity
      units[line.stockCode] = unit
    }
  }
  return {
    orders: { accepted: counts.order, shipped: counts.order, cancelled: 0 },
    returns: counts.return,
    pence: { charged: pence.order, refunded: pence.return, net: pence.order - pence.return },
    customers,
    units,
    rejected: plan.rejected
  }
}

function planOf(bytes: Uint8Array): TradePlan {
  return planTrades(parseTradeFile(bytes))
}

/** Each row of the file is in one trade or rejected, once, and the stock is what the orders take. */
function expectNothingLost(plan: TradePlan, lines: readonly number[]): void {
  const used = [...plan.trades.flatMap((trade) => trade.lines), ...plan.rejected].map((row) => row.line)
  expect(used.sort((one, other) => one - other)).toEqual(lines)
  const received = Object.fromEntries(plan.stock.map((receipt) => [receipt.stockCode, receipt.units]))
  const shipped = Object.entries(reportOf(plan).units).map(([code, unit]) => [code, unit.shipped] as const)
  expect(received).toEqual(Object.fromEntries(shipped.filter(([, units]) => units > 0)))
}

test('the oracle follows the rules of the format, row by row', () => {
  const rows = [
    '1,85123A,"HOLDER, ""WHITE""\nSECOND LINE",6,12/1/10 8:26,2.55,17850,United Kingdom',
    '1,POST,POSTAGE,1,12/1/10 8:26,18,17850,United Kingdom',
    '1,22139,,2,12/1/10 8:26,0,17850,United Kingdom',
    '1,22139,,-2,12/1/10 8:26,0,17850,United Kingdom',
    '1,22140,PADS,1,12/1/10 8:26,0.001,17850,United Kingdom',
    '2,22139,,56,12/1/10 8:27,0,,United Kingdom',
    'A3,B,Adjust,1,12/1/10 8:28,-5,,United Kingdom',
    'C4,85123A,HOLDER,-1,12/1/10 8:29,2.55,,EIRE',
    'C4,D,Discount,-1,12/1/10 8:29,1.5,,EIRE',
    'C4,AMAZONFEE,FEE,-1,12/1/10 8:29,1.5,,EIRE',
    'C4,85123A,HOLDER,0,12/1/10 8:29,2.55,,EIRE',
    'C5,BANK CHARGES,Charges,-1,12/1/10 8:30,9,,EIRE',
    '1,85123A,HOLDER,1,12/1/10 8:31,2.550,17850,United Kingdom'
  ]
  const report: TradeReport = {
    orders: { accepted: 1, shipped: 1, cancelled: 0 },
    returns: 1,
    pence: { charged: 3585, refunded: 405, net: 3180 },
    customers: { '17850': { charged: 3585, refunded: 0 }, 'guest-C4': { charged: 0, refunded: 405 } },
    units: { '85123A': { shipped: 7, returned: 1 }, '22139': { shipped: 2, returned: 0 } },
    rejected: [
      { line: 6, reason: 'The row is a stock correction: its quantity is not above zero.' },
      { line: 7, reason: 'The price is not a whole number of pence.' },
      { line: 8, reason: 'The invoice is no order: no row of it is sold at a price.' },
      { line: 9, reason: 'The price is negative.' },
      { line: 12, reason: "The row is a cost of the shop's own." },
      { line: 13, reason: 'A credit note takes back nothing in this row: its quantity is not below zero.' },
      { line: 14, reason: "The row is a cost of the shop's own." }
    ]
  }
  const bytes = Buffer.from([header, ...rows].join('\n'))
  expect(tradeReport(bytes)).toEqual(report)
  expect(reportOf(planOf(bytes))).toEqual(report)
})

describe('plan and oracle agree', () => {
  const text = fc.string({ unit: fc.constantFrom('A', ' ', ',', '"', '\n', '\r\n', '£'), maxLength: 6 })
  const row = fc.tuple(
    fc.constantFrom('100001', '100002', '100003', 'C100004', 'C100005', 'A100006'),
    fc.constantFrom(
      '12345',
      '12345A',
      '12345a',
      '1234',
      'POST',
      'D',
      'M',
      'BANK CHARGES',
      'AMAZONFEE',
      'x12345'
    ),
    text,
    fc.oneof(fc.integer({ min: -3, max: 4 }), fc.constantFrom(80_995, -80_995)).map(String),
    fc.constantFrom('12/1/10 8:26', '1/31/2011 0:00'),
    fc.constantFrom('0', '-0.0', '1', '2.5', '2.55', '2.550', '.5', '-1.5', '0.001', '-0.001', '11062.06'),
    fc.constantFrom('', '17850', '12583'),
    fc.constantFrom('United Kingdom', 'EIRE')
  )
  const layout = fc.record({
    rows: fc.array(row, { maxLength: 14, size: 'max' }),
    end: fc.constantFrom('\n', '\r\n', '\r'),
    mark: fc.constantFrom('', '\ufeff'),
    closed: fc.boolean(),
    quotesAll: fc.boolean()
  })

  test('on whatever rows come together in a file, however it is written', () => {
    const seen = { orders: 0, returns: 0, rejected: 0 }
    fc.assert(
      fc.property(layout, ({ rows, end, mark, closed, quotesAll }) => {
        const written = (cell: string): string =>
          quotesAll || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
        const lines = rows.map((cells) => cells.map(written).join(','))
        const bytes = Buffer.from(mark + [header, ...lines].join(end) + (closed ? end : ''))
        const parsed = parseTradeFile(bytes)
        expect(parsed).toHaveLength(rows.length)
        const plan = planTrades(parsed)
        const report = reportOf(plan)
        expect(report).toEqual(tradeReport(bytes))
        expectNothingLost(
          plan,
          parsed.map((one) => one.line)
        )
        seen.orders += report.orders.accepted
        seen.returns += report.returns
        seen.rejected += report.rejected.length
      }),
      { numRuns: 300 }
    )
    expect(Math.min(seen.orders, seen.returns, seen.rejected)).toBeGreaterThan(50)
  })

  test('on generated files of any seed and size', () => {
    const size = { lines: fc.integer({ min: 0, max: 1500 }), seed: fc.nat() }
    fc.assert(
      fc.property(fc.record(size), (options) => {
        const bytes = Buffer.from([...tradeFileLines(options)].join(''))
        const plan = planOf(bytes)
        expect(reportOf(plan)).toEqual(tradeReport(bytes))
        expectNothingLost(
          plan,
          Array.from({ length: options.lines }, (_, index) => index + 2)
        )
      }),
      { numRuns: 20 }
    )
  })

  test('on a generated file of 40,000 rows', () => {
    const bytes = Buffer.from([...tradeFileLines({ lines: 40_000, seed: 11 })].join(''))
    const report = tradeReport(bytes)
    expect(report.orders.accepted).toBeGreaterThan(1000)
    expect(report.returns).toBeGreaterThan(100)
    expect(reportOf(planOf(bytes))).toEqual(report)
  })
})

const hasRealFile = available('retail-data', retailDataMissing())

describe.runIf(hasRealFile)('a real week of trade (needs ../shared/data or RETAIL_DATA)', () => {
  const bytes = hasRealFile ? readFileSync(retailFile) : Buffer.from(header)
  const rows = parseTradeFile(bytes)
  const plan = planTrades(rows)
  const distinct = (values: readonly string[]): number => new Set(values).size

  test('has the rows, invoices, codes and customers it is said to have', () => {
    const invoices = rows.map((row) => row.invoice)
    const named = rows.map((row) => row.customerId).filter((customer) => customer !== '')
    expect(rows).toHaveLength(14_594)
    expect(distinct(invoices)).toBe(699)
    expect(distinct(invoices.filter((invoice) => invoice.startsWith('C')))).toBe(70)
    // Codes of services count, and codes that differ only in case are two.
    expect(distinct(rows.map((row) => row.stockCode))).toBe(2246)
    expect(distinct(named)).toBe(425)
    // Invoices of every kind: orders, corrections and credit notes.
    expect(distinct(rows.filter((row) => row.customerId === '').map((row) => row.invoice))).toBe(102)
    expect(plan.rejected.filter((one) => one.reason.includes('stock correction'))).toHaveLength(45)
  })

  test('says the same to plan and oracle, and nothing of it is lost', () => {
    const report = tradeReport(bytes)
    expect(reportOf(plan)).toEqual(report)
    expectNothingLost(
      plan,
      rows.map((row) => row.line)
    )
    expect(report.orders).toEqual({ accepted: 563, shipped: 563, cancelled: 0 })
    expect(report.returns).toBe(68)
    expect(report.pence).toEqual({ charged: 25_815_428, refunded: 507_813, net: 25_307_615 })
    expect(report.rejected).toHaveLength(68)
    expect(Object.keys(report.customers)).toHaveLength(459)
    expect(Object.keys(report.units)).toHaveLength(2222)
  })
})
