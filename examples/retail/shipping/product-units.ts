import { projection } from 'skerry'
import { GoodsReturned, ProductUnits, ShipmentDispatched } from './contract.ts'

type Items = readonly { stockCode: string; quantity: number }[]

const codes = ({ items }: { items: Items }): string[] => items.map(({ stockCode }) => stockCode)

const unitsOf = (items: Items, stockCode: string): number =>
  items.find((item) => item.stockCode === stockCode)?.quantity ?? 0

/** How many units of each product have left the house and come back. */
export const productUnits = projection(ProductUnits, {
  initial: { stockCode: '', shipped: 0, returned: 0 },
  indexes: ['shipped', 'returned']
})
  .on(ShipmentDispatched, { key: codes, reads: ['items'] }, (row, { items }, _, stockCode) => ({
    ...row,
    stockCode,
    shipped: row.shipped + unitsOf(items, stockCode)
  }))
  .on(GoodsReturned, { key: codes, reads: ['items'] }, (row, { items }, _, stockCode) => ({
    ...row,
    stockCode,
    returned: row.returned + unitsOf(items, stockCode)
  }))
