import type { DataOf } from 'skerry'
import type { OrderAccepted, PlaceOrder } from './contract.ts'

type AskedLine = DataOf<typeof PlaceOrder>['lines'][number]

/** A line as sales says it: with its kind. */
export type Line = DataOf<typeof OrderAccepted>['lines'][number]

/** The largest total that is handled without a person: 10 million pounds. */
export const totalPenceMax = 1_000_000_000

/** The shop's rule: product codes begin with five digits; all others are services. */
export function kindOf(stockCode: string): Line['kind'] {
  return /^[0-9]{5}/.test(stockCode) ? 'product' : 'service'
}

/** The lines with their kinds, in their order. */
export function withKinds(lines: readonly AskedLine[]): Line[] {
  return lines.map((line) => ({ ...line, kind: kindOf(line.stockCode) }))
}

/** What the lines cost together, in pence; above 2^53 it is only known to be too much. */
export function totalOf(lines: readonly AskedLine[]): number {
  return lines.reduce((total, { quantity, unitPence }) => total + quantity * unitPence, 0)
}

/** Units of one product. */
export type Item = { stockCode: string; quantity: number }

/** The units of products in the lines: each stock code once, in the order in which they first come. */
export function itemsOf(lines: readonly AskedLine[]): Item[] {
  const quantities = new Map<string, number>()
  for (const { stockCode, quantity } of lines) {
    if (kindOf(stockCode) === 'product')
      quantities.set(stockCode, (quantities.get(stockCode) ?? 0) + quantity)
  }
  return [...quantities].map(([stockCode, quantity]) => ({ stockCode, quantity }))
}

/** How many units the items are together. */
export function unitsOf(items: readonly Item[]): number {
  return items.reduce((units, { quantity }) => units + quantity, 0)
}
