import { given } from 'skerry/testing'
import { test } from 'vitest'
import {
  ListProduct,
  PriceProduct,
  ProductListed,
  ProductPriced,
  ProductRenamed,
  ProductViewed,
  ProductWithdrawn,
  RenameProduct,
  ViewProduct,
  WithdrawProduct
} from './contract.ts'
import { product } from './product.ts'
import { products } from './products.ts'

const holder = { stockCode: '85123A', name: 'HEART HOLDER', listPence: 255 }
const listed = ProductListed(holder)

test('a product is listed once, until it is withdrawn', () => {
  given(product)
    .when(ListProduct.for('85123A', { name: 'HEART HOLDER', listPence: 255 }))
    .then(listed)
    .when(ListProduct.for('85123A', { name: 'OTHER', listPence: 1 }))
    .thenRefused('illegal-state')
  given(product, listed)
    .when(WithdrawProduct.for('85123A', {}))
    .then(ProductWithdrawn(holder))
    .when(ListProduct.for('85123A', { name: 'HEART HOLDER', listPence: 300 }))
    .then(ProductListed({ ...holder, listPence: 300 }))
    .thenStatus('offered')
})

test('a new name or price says the whole product, and the same one again is refused', () => {
  given(product, listed)
    .when(RenameProduct.for('85123A', { name: 'CREAM HOLDER' }))
    .then(ProductRenamed({ ...holder, name: 'CREAM HOLDER' }))
    .when(PriceProduct.for('85123A', { listPence: 295 }))
    .then(ProductPriced({ stockCode: '85123A', name: 'CREAM HOLDER', listPence: 295 }))
  given(product, listed)
    .when(RenameProduct.for('85123A', { name: 'HEART HOLDER' }))
    .thenRefused('same-name')
  given(product, listed)
    .when(PriceProduct.for('85123A', { listPence: 255 }))
    .thenRefused('same-price')
})

test('only what is offered can be viewed', () => {
  given(product).when(ViewProduct.for('85123A', {})).thenRefused('illegal-state')
  given(product, listed)
    .when(ViewProduct.for('85123A', {}))
    .then(ProductViewed({ stockCode: '85123A' }))
})

test('the catalogue shows what a product is called, what it costs, and how often it was viewed', () => {
  given(products)
    .when(listed, ProductViewed({ stockCode: '85123A' }), ProductViewed({ stockCode: '85123A' }))
    .thenRow('85123A', { ...holder, views: 2, offered: true })
    .when(
      ProductPriced({ ...holder, listPence: 295 }),
      ProductRenamed({ ...holder, name: 'A', listPence: 295 })
    )
    .thenRow('85123A', { stockCode: '85123A', name: 'A', listPence: 295, views: 2, offered: true })
    .when(ProductWithdrawn({ ...holder, name: 'A', listPence: 295 }))
    .thenRow('85123A', { stockCode: '85123A', name: 'A', listPence: 295, views: 2, offered: false })
})
