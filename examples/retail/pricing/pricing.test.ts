import { given } from 'skerry/testing'
import { expect, test } from 'vitest'
import { CustomerBilled, CustomerRefunded } from '../billing/contract.ts'
import { ProductListed, ProductPriced, ProductViewed, ProductWithdrawn } from '../catalog/contract.ts'
import { StockReceived, StockReleased, StockReserved, StockRestocked } from '../inventory/contract.ts'
import { GoodsReturned, ShipmentDispatched } from '../shipping/contract.ts'
import { discount } from './discount.ts'
import { price } from './price.ts'

const holder = { stockCode: '85123A', name: 'HEART HOLDER', listPence: 1000 }
const received = StockReceived({ stockCode: '85123A', quantity: 20, location: 'A1' })
const twelve = [{ stockCode: '85123A', quantity: 12 }]
const shipment = { orderId: '1', customerId: '17850', country: '', items: twelve }

const row = {
  ...holder,
  offered: true,
  views: 0,
  unitsShipped: 0,
  unitsReturned: 0,
  available: 20,
  returnRatePercent: 0,
  pence: { standard: 1000, bronze: 980, silver: 950, gold: 900 },
  adjustments: []
}

test('a listed product has a price for every tier, whichever of catalog and inventory is heard first', () => {
  given(price).when(ProductListed(holder), received).thenRow('85123A', row)
  given(price).when(received, ProductListed(holder)).thenRow('85123A', row)
})

test('what is not offered has no price', () => {
  const unlisted = { ...row, name: '', listPence: 0, offered: false, pence: null }
  given(price).when(received).thenRow('85123A', unlisted)
  given(price, ProductListed(holder), received)
    .when(ProductWithdrawn(holder))
    .thenRow('85123A', { ...row, offered: false, pence: null })
})

test('the price follows views, stock, sales and returns', () => {
  const views = Array.from({ length: 100 }, () => ProductViewed({ stockCode: '85123A' }))
  given(price, ProductListed(holder), received, ...views)
    .when(StockReserved({ orderId: '1', items: twelve }), ShipmentDispatched(shipment))
    .thenRow('85123A', {
      ...row,
      views: 100,
      available: 8,
      unitsShipped: 12,
      pence: { standard: 1055, bronze: 1034, silver: 1002, gold: 950 },
      adjustments: [
        { reason: 'wanted', perMille: 5 },
        { reason: 'last-pieces', perMille: 50 }
      ]
    })
    .when(
      GoodsReturned({ returnId: 'C1', customerId: '17850', items: [{ stockCode: '85123A', quantity: 3 }] }),
      StockRestocked({ stockCode: '85123A', quantity: 3 }),
      ProductPriced({ ...holder, listPence: 2000 })
    )
    .thenRow('85123A', {
      ...row,
      listPence: 2000,
      views: 100,
      available: 11,
      unitsShipped: 12,
      unitsReturned: 3,
      returnRatePercent: 25,
      pence: { standard: 1810, bronze: 1774, silver: 1720, gold: 1629 },
      adjustments: [
        { reason: 'wanted', perMille: 5 },
        { reason: 'often-sent-back', perMille: -100 }
      ]
    })
})

test('stock that was reserved and released is available again', () => {
  given(price, ProductListed(holder), received)
    .when(StockReserved({ orderId: '1', items: twelve }), StockReleased({ orderId: '1', items: twelve }))
    .thenRow('85123A', row)
})

test('pricing hears facts of catalog, inventory and shipping, and asks nobody', () => {
  const sources = new Set([...price.rules.keys()].map((source) => source.split('/')[0]))
  expect([...sources].sort()).toEqual(['catalog', 'inventory', 'shipping'])
})

test('a customer earns a discount by what they paid', () => {
  const billed = (orderId: string, pence: number) =>
    CustomerBilled({ orderId, customerId: '17850', pence, providerId: 'ch_1' })
  given(discount)
    .when(billed('1', 49_999))
    .thenRow('17850', {
      customerId: '17850',
      billedPence: 49_999,
      refundedPence: 0,
      tier: 'standard',
      percentOff: 0,
      missingPence: 1
    })
    .when(billed('2', 150_001))
    .thenRow('17850', {
      customerId: '17850',
      billedPence: 200_000,
      refundedPence: 0,
      tier: 'silver',
      percentOff: 5,
      missingPence: 800_000
    })
    .when(
      CustomerRefunded({
        refundId: 'return-C1',
        customerId: '17850',
        pence: 1,
        cause: { kind: 'return', id: 'C1' },
        wasOwed: false,
        providerId: 're_1'
      })
    )
    .thenRow('17850', {
      customerId: '17850',
      billedPence: 200_000,
      refundedPence: 1,
      tier: 'bronze',
      percentOff: 2,
      missingPence: 1
    })
})
