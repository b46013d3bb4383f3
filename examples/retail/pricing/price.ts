import { type DataOf, projection } from 'skerry'
import {
  ProductListed,
  ProductPriced,
  ProductRenamed,
  ProductViewed,
  ProductWithdrawn
} from '../catalog/contract.ts'
import { StockReceived, StockReleased, StockReserved, StockRestocked } from '../inventory/contract.ts'
import { GoodsReturned, ShipmentDispatched } from '../shipping/contract.ts'
import { Price } from './contract.ts'
import { adjustmentsOf, pricesOf, returnRatePercent } from './price-formula.ts'

type Row = DataOf<typeof Price>
type Items = readonly { stockCode: string; quantity: number }[]

const codes = ({ items }: { items: Items }): string[] => items.map(({ stockCode }) => stockCode)

const unitsOf = (items: Items, stockCode: string): number =>
  items.find((item) => item.stockCode === stockCode)?.quantity ?? 0

/** The row with something new in it, and all prices that follow. */
function priced(row: Row, stockCode: string, news: Partial<Row>): Row {
  const facts = { ...row, ...news, stockCode }
  return {
    ...facts,
    returnRatePercent: returnRatePercent(facts),
    pence: facts.offered ? pricesOf(facts) : null,
    adjustments: facts.offered ? adjustmentsOf(facts) : []
  }
}

/**
 * What every product costs, for every tier of customers: worked out when something happens, so that the answer is one
 * row, there when all other services are away. Facts of several services come in any order; each counts for itself.
 */
export const price = projection(Price, {
  initial: {
    stockCode: '',
    name: '',
    offered: false,
    listPence: 0,
    views: 0,
    unitsShipped: 0,
    unitsReturned: 0,
    available: 0,
    returnRatePercent: 0,
    pence: null,
    adjustments: []
  },
  indexes: ['offered', 'listPence', 'views', 'available', 'returnRatePercent']
})
  .on(
    ProductListed,
    ({ stockCode }) => stockCode,
    (row, { stockCode, name, listPence }) => priced(row, stockCode, { name, listPence, offered: true })
  )
  .on(ProductRenamed, { key: ({ stockCode }) => stockCode, reads: ['stockCode', 'name'] }, (row, event) =>
    priced(row, event.stockCode, { name: event.name })
  )
  .on(ProductPriced, { key: ({ stockCode }) => stockCode, reads: ['stockCode', 'listPence'] }, (row, event) =>
    priced(row, event.stockCode, { listPence: event.listPence })
  )
  .on(ProductWithdrawn, { key: ({ stockCode }) => stockCode, reads: ['stockCode'] }, (row, { stockCode }) =>
    priced(row, stockCode, { offered: false })
  )
  .on(ProductViewed, { key: ({ stockCode }) => stockCode, reads: ['stockCode'] }, (row, { stockCode }) =>
    priced(row, stockCode, { views: row.views + 1 })
  )
  .on(StockReceived, { key: ({ stockCode }) => stockCode, reads: ['stockCode', 'quantity'] }, (row, event) =>
    priced(row, event.stockCode, { available: row.available + event.quantity })
  )
  .on(StockRestocked, { key: ({ stockCode }) => stockCode, reads: ['stockCode', 'quantity'] }, (row, event) =>
    priced(row, event.stockCode, { available: row.available + event.quantity })
  )
  .on(StockReserved, { key: codes, reads: ['items'] }, (row, { items }, _, stockCode) =>
    priced(row, stockCode, { available: row.available - unitsOf(items, stockCode) })
  )
  .on(StockReleased, { key: codes, reads: ['items'] }, (row, { items }, _, stockCode) =>
    priced(row, stockCode, { available: row.available + unitsOf(items, stockCode) })
  )
  .on(ShipmentDispatched, { key: codes, reads: ['items'] }, (row, { items }, _, stockCode) =>
    priced(row, stockCode, { unitsShipped: row.unitsShipped + unitsOf(items, stockCode) })
  )
  .on(GoodsReturned, { key: codes, reads: ['items'] }, (row, { items }, _, stockCode) =>
    priced(row, stockCode, { unitsReturned: row.unitsReturned + unitsOf(items, stockCode) })
  )
