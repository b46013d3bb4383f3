import { describe, expect, test } from 'vitest'
import { isProductCode, planTrades, rejection, type TradePlan } from './trade-plan.ts'
import type { TradeRow } from './trade-row.ts'

let line = 1

function row(invoice: string, stockCode: string, quantity: number, unitPence: number | undefined): TradeRow {
  line += 1
  return {
    line,
    invoice,
    stockCode,
    description: `the ${stockCode}`,
    quantity,
    unitPence,
    date: '2010-12-01T08:26:00Z',
    customerId: '17850',
    country: 'United Kingdom'
  }
}

function planOf(...rows: TradeRow[]): TradePlan {
  return planTrades(rows.map((one, index) => ({ ...one, line: index + 2 })))
}

function reasons(plan: TradePlan): (readonly [number, string])[] {
  return plan.rejected.map((rejected) => [rejected.line, rejected.reason] as const)
}

describe('orders', () => {
  test('an invoice is an order of its rows: products, services and free lines', () => {
    const plan = planOf(row('1', '85123A', 6, 255), row('1', 'POST', 1, 1800), row('1', '22139', 2, 0))
    expect(plan).toEqual({
      trades: [
        {
          kind: 'order',
          invoice: '1',
          customer: '17850',
          country: 'United Kingdom',
          date: '2010-12-01T08:26:00Z',
          totalPence: 3330,
          lines: [
            {
              line: 2,
              stockCode: '85123A',
              description: 'the 85123A',
              quantity: 6,
              unitPence: 255,
              kind: 'product'
            },
            {
              line: 3,
              stockCode: 'POST',
              description: 'the POST',
              quantity: 1,
              unitPence: 1800,
              kind: 'service'
            },
            {
              line: 4,
              stockCode: '22139',
              description: 'the 22139',
              quantity: 2,
              unitPence: 0,
              kind: 'product'
            }
          ]
        }
      ],
      rejected: [],
      stock: [
        { stockCode: '85123A', description: 'the 85123A', units: 6 },
        { stockCode: '22139', description: 'the 22139', units: 2 }
      ]
    })
  })

  test('an invoice of services alone is an order that needs no stock', () => {
    const plan = planOf(
      row('1', 'POST', 1, 1800),
      row('A2', 'B', 1, 1_106_206),
      row('3', 'BANK CHARGES', 1, 1500)
    )
    expect(plan.trades.map((trade) => [trade.kind, trade.totalPence])).toEqual([
      ['order', 1800],
      ['order', 1_106_206],
      ['order', 1500]
    ])
    expect(plan.stock).toEqual([])
  })

  test('a guest is named by the invoice', () => {
    const plan = planOf({ ...row('1', '22139', 1, 100), customerId: '' })
    expect(plan.trades[0]?.customer).toBe('guest-1')
  })

  test('a code twice in an invoice stays two lines, also at two prices', () => {
    const plan = planOf(row('1', '22139', 80_995, 100), row('1', '22139', 1, 100), row('1', '22139', 2, 90))
    expect(plan.trades[0]?.lines.map((one) => [one.quantity, one.unitPence])).toEqual([
      [80_995, 100],
      [1, 100],
      [2, 90]
    ])
    expect(plan.stock.map((receipt) => receipt.units)).toEqual([80_998])
  })

  test('codes that differ in case are different products', () => {
    const plan = planOf(row('1', '15056bl', 1, 100), row('1', '15056BL', 2, 100))
    expect(plan.stock.map((receipt) => [receipt.stockCode, receipt.units])).toEqual([
      ['15056bl', 1],
      ['15056BL', 2]
    ])
  })

  test('rows of one invoice belong together wherever they stand, under its first sound row', () => {
    const plan = planOf(
      { ...row('1', '22139', -1, 0), customerId: '11111', date: '2010-12-01T00:00:00Z' },
      row('2', '22139', 1, 100),
      row('1', '22139', 3, 100),
      { ...row('1', '22140', 4, 100), customerId: '', country: 'EIRE', date: '2010-12-02T00:00:00Z' }
    )
    expect(plan.trades.map((trade) => [trade.invoice, trade.customer, trade.country, trade.date])).toEqual([
      ['1', '17850', 'United Kingdom', '2010-12-01T08:26:00Z'],
      ['2', '17850', 'United Kingdom', '2010-12-01T08:26:00Z']
    ])
    expect(plan.trades[0]?.lines.map((one) => one.line)).toEqual([4, 5])
    expect(reasons(plan)).toEqual([[2, rejection.correction]])
  })

  test('stock takes the first description that says something', () => {
    const plan = planOf({ ...row('1', '22139', 1, 100), description: '' }, row('2', '22139', 1, 100), {
      ...row('2', '22140', 1, 100),
      description: ''
    })
    expect(plan.stock.map((receipt) => receipt.description)).toEqual(['the 22139', '22140'])
  })
})

describe('rejected rows', () => {
  test('an invoice without a priced row is no order', () => {
    const plan = planOf(row('1', '22139', 56, 0), row('1', '22140', 1, 0))
    expect(plan.trades).toEqual([])
    expect(reasons(plan)).toEqual([
      [2, rejection.noOrder],
      [3, rejection.noOrder]
    ])
  })

  test('an invoice whose only priced row is rejected is no order, and each row keeps its own reason', () => {
    const plan = planOf(
      row('1', '22139', 1, undefined),
      row('1', '22140', 1, 0),
      row('1', '22141', 1, -100),
      row('1', '22142', -1, 100)
    )
    expect(plan.trades).toEqual([])
    expect(reasons(plan)).toEqual([
      [2, rejection.notPence],
      [3, rejection.noOrder],
      [4, rejection.negative],
      [5, rejection.correction]
    ])
  })

  test('a sound order goes on without its rejected rows', () => {
    const plan = planOf(row('1', '22139', 1, undefined), row('1', '22140', 0, 100), row('1', '22141', 2, 100))
    expect(plan.trades.map((trade) => trade.totalPence)).toEqual([200])
    expect(plan.stock.map((receipt) => receipt.stockCode)).toEqual(['22141'])
    expect(reasons(plan)).toEqual([
      [2, rejection.notPence],
      [3, rejection.correction]
    ])
  })

  test('what a row is comes before what its price is', () => {
    const plan = planOf(
      row('1', '22139', -1, undefined),
      row('1', '22139', 0, -100),
      row('C2', 'AMAZONFEE', 1, undefined),
      row('C2', '22139', 1, -100)
    )
    expect(reasons(plan)).toEqual([
      [2, rejection.correction],
      [3, rejection.correction],
      [4, rejection.ownCost],
      [5, rejection.notReturned]
    ])
  })

  test('rejected rows are in the order of the file', () => {
    const plan = planOf(row('1', '22139', 1, 0), row('2', '22139', -1, 0), row('1', '22139', 1, 0))
    expect(plan.rejected.map((rejected) => rejected.line)).toEqual([2, 3, 4])
  })
})

describe('returns', () => {
  test('a credit note gives back money for all its rows and units for its products', () => {
    const plan = planOf(row('C1', '22139', -3, 255), row('C1', 'D', -1, 2750), row('C1', '22140', -1, 0))
    expect(plan.trades.map((trade) => [trade.kind, trade.invoice, trade.totalPence])).toEqual([
      ['return', 'C1', 3515]
    ])
    expect(plan.trades[0]?.lines.map((one) => [one.stockCode, one.quantity, one.kind])).toEqual([
      ['22139', 3, 'product'],
      ['D', 1, 'service'],
      ['22140', 1, 'product']
    ])
    expect(plan.stock).toEqual([])
  })

  test('a credit note of free rows is a return of nothing but units', () => {
    expect(planOf(row('C1', '22139', -3, 0)).trades.map((trade) => trade.totalPence)).toEqual([0])
  })

  test('a credit note left without a row is no return', () => {
    const plan = planOf(
      row('C1', 'BANK CHARGES', -1, 9538),
      row('C2', '22139', 0, 100),
      row('C3', 'M', -1, undefined)
    )
    expect(plan.trades).toEqual([])
    expect(reasons(plan)).toEqual([
      [2, rejection.ownCost],
      [3, rejection.notReturned],
      [4, rejection.notPence]
    ])
  })

  test('a negative price is rejected on a credit note too', () => {
    expect(reasons(planOf(row('C1', 'M', -1, -100)))).toEqual([[2, rejection.negative]])
  })
})

test('five digits make a product', () => {
  const codes = ['85123A', '22139', '15056bl', '2213', 'POST', 'C2', 'DCGS0003', '٢٢١٣٩', ' 22139']
  expect(codes.filter(isProductCode)).toEqual(['85123A', '22139', '15056bl'])
})
