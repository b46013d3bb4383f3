import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseTradeFile } from './trade-file.ts'
import { tradeFileLines } from './trade-generator.ts'
import { planTrades, rejection } from './trade-plan.ts'
import type { TradeRow } from './trade-row.ts'

const generate = fileURLToPath(new URL('./generate.ts', import.meta.url))

function fileOf(lines: number, seed: number): string {
  return [...tradeFileLines({ lines, seed })].join('')
}

function rowsOf(lines: number, seed: number): TradeRow[] {
  return parseTradeFile(Buffer.from(fileOf(lines, seed)))
}

test('a seed decides the file, and a longer file begins with the shorter one', () => {
  const file = fileOf(500, 3)
  expect(fileOf(500, 3)).toBe(file)
  expect(fileOf(900, 3).startsWith(file)).toBe(true)
  expect(fileOf(500, 4)).not.toBe(file)
})

test('a file has as many rows as were asked for', () => {
  for (const lines of [0, 1, 2, 999]) expect(rowsOf(lines, 1)).toHaveLength(lines)
})

describe.each([1, 2, 3, 4, 5])('6,000 rows of seed %i', (seed) => {
  const text = fileOf(6000, seed)
  const rows = parseTradeFile(Buffer.from(text))
  const plan = planTrades(rows)
  const orders = plan.trades.filter((trade) => trade.kind === 'order')

  test('hold every reason to reject a row', () => {
    const found = new Set(plan.rejected.map((rejected) => rejected.reason))
    expect([...found].sort()).toEqual(Object.values(rejection).sort())
  })

  test.each<[string, (row: TradeRow) => boolean]>([
    ['a quoted comma', (row) => row.description.includes(',')],
    ['a doubled quote', (row) => row.description.includes('"')],
    ['a pound sign', (row) => row.description.includes('£')],
    ['an empty description', (row) => row.description === ''],
    ['an adjustment', (row) => row.invoice.startsWith('A')],
    ['a lower-case code', (row) => /^\d{5}[a-z]$/.test(row.stockCode)],
    ['a huge quantity', (row) => row.quantity >= 10_000],
    ['a discount', (row) => row.stockCode === 'D'],
    ['postage', (row) => row.stockCode === 'POST']
  ])('hold %s', (_, holds) => {
    expect(rows.some(holds)).toBe(true)
  })

  test('hold orders of guests, of services alone, with a free line and with a code twice', () => {
    expect(orders.some((order) => order.customer.startsWith('guest-'))).toBe(true)
    expect(orders.some((order) => order.lines.every((line) => line.kind === 'service'))).toBe(true)
    expect(orders.some((order) => order.lines.some((line) => line.unitPence === 0))).toBe(true)
    expect(
      orders.some((order) => new Set(order.lines.map((one) => one.stockCode)).size < order.lines.length)
    ).toBe(true)
    expect(new Set(orders.map((order) => order.country)).size).toBeGreaterThan(3)
  })

  test('hold an invoice in two pieces and one across two minutes', () => {
    const split = plan.trades.filter((trade) => {
      const [first, last] = [trade.lines[0], trade.lines.at(-1)]
      return rows.some((row) => row.invoice !== trade.invoice && between(row.line, first?.line, last?.line))
    })
    expect(split.length).toBeGreaterThan(0)
    const dates = new Map<string, Set<string>>()
    for (const row of rows) dates.set(row.invoice, (dates.get(row.invoice) ?? new Set()).add(row.date))
    expect([...dates.values()].some((found) => found.size === 2)).toBe(true)
  })

  test('have the shares of a real shop', () => {
    const invoices = new Set(rows.map((row) => row.invoice))
    const returns = plan.trades.length - orders.length
    expect(rows.length / invoices.size).toBeGreaterThan(12)
    expect(rows.length / invoices.size).toBeLessThan(32)
    expect(returns / invoices.size).toBeGreaterThan(0.04)
    expect(returns / invoices.size).toBeLessThan(0.15)
    expect(plan.rejected.length / rows.length).toBeLessThan(0.02)
  })
})

function between(line: number, first = Number.POSITIVE_INFINITY, last = 0): boolean {
  return line > first && line < last
}

describe('the command', () => {
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [generate, ...args], {
      encoding: 'utf8',
      timeout: 30_000,
      maxBuffer: 1 << 24
    })

  test('prints the file that its options ask for', () => {
    expect(run('--lines', '3000', '--seed', '9')).toBe(fileOf(3000, 9))
  })

  test('explains itself', () => {
    expect(run('--help')).toContain('--lines N')
  })

  test.each([[['--lines', '-5']], [['--seed', 'x']], [['--size', '5']], [['file.csv']]])(
    'refuses %j',
    (args) => {
      const { status, stderr, stdout } = spawnSync(process.execPath, [generate, ...args], {
        encoding: 'utf8',
        timeout: 30_000
      })
      expect(status).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toContain('Usage:')
    }
  )
})
