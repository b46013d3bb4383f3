import { type DataOf, projection } from 'skerry'
import {
  ProductListed,
  ProductPriced,
  ProductRenamed,
  Products,
  ProductViewed,
  ProductWithdrawn
} from './contract.ts'

type Row = DataOf<typeof Products>

const shown = (row: Row, event: DataOf<typeof ProductListed>, offered: boolean): Row => ({
  ...row,
  ...event,
  offered
})

/** The products as the catalogue shows them. */
export const products = projection(Products, {
  initial: { stockCode: '', name: '', listPence: 0, views: 0, offered: false },
  indexes: ['name', 'listPence', 'views', 'offered']
})
  .on(
    ProductListed,
    ({ stockCode }) => stockCode,
    (row, event) => shown(row, event, true)
  )
  .on(
    ProductRenamed,
    ({ stockCode }) => stockCode,
    (row, event) => shown(row, event, true)
  )
  .on(
    ProductPriced,
    ({ stockCode }) => stockCode,
    (row, event) => shown(row, event, true)
  )
  .on(
    ProductWithdrawn,
    ({ stockCode }) => stockCode,
    (row, event) => shown(row, event, false)
  )
  .on(
    ProductViewed,
    ({ stockCode }) => stockCode,
    (row) => ({ ...row, views: row.views + 1 })
  )
