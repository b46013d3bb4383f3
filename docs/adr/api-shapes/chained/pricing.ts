import { projection, service } from 'skerry'
import { OrderAccepted, ProductListed, ProductReturned, prices, pricing } from './contracts.ts'

const initial = { sku: '', pence: 0, sold: 0, returned: 0 }

export const price = projection(prices, { initial, indexes: ['pence'] })
  .on(
    ProductListed,
    ({ sku }) => sku,
    (row, { sku, pence }) => ({ ...row, sku, pence })
  )
  .on(
    OrderAccepted,
    { key: ({ lines }) => lines.map(({ sku }) => sku), reads: ['lines'] },
    (row, { lines }, _, key) => ({
      ...row,
      sold: lines.filter(({ sku }) => sku === key).reduce((sum, { quantity }) => sum + quantity, row.sold)
    })
  )
  .on(
    ProductReturned,
    ({ sku }) => sku,
    (row, { quantity }) => ({ ...row, returned: row.returned + quantity })
  )

export const pricingService = service(pricing, [price])
