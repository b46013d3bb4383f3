import type { OutputOf } from 'skerry'
import type { Price } from '../schemas.ts'
import { catalog, pricing, sales } from './contracts.ts'
import { projection, service } from './shape.ts'

export const price = projection<OutputOf<typeof Price>>()({
  name: 'price',
  from: { sales, catalog },
  initial: { sku: '', pence: 0, sold: 0, returned: 0 },
  indexes: ['pence'],
  on: {
    catalog: {
      ProductListed: {
        key: ({ sku }) => sku,
        fold: (row, { sku, pence }) => ({ ...row, sku, pence })
      },
      ProductReturned: {
        key: ({ sku }) => sku,
        fold: (row, { quantity }) => ({ ...row, returned: row.returned + quantity })
      }
    },
    sales: {
      OrderAccepted: {
        key: ({ lines }) => lines.map(({ sku }) => sku),
        reads: ['lines'],
        fold: (row, { lines }, key) => ({
          ...row,
          sold: lines.filter(({ sku }) => sku === key).reduce((sum, { quantity }) => sum + quantity, row.sold)
        })
      }
    }
  }
})

export const pricingService = service(pricing, [price])
