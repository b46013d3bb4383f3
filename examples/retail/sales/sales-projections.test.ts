import { given, scenarioStartMs } from 'skerry/testing'
import { test } from 'vitest'
import { ProductListed, ProductPriced, ProductWithdrawn } from '../catalog/contract.ts'
import {
  OrderAccepted,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderShipped,
  ReturnAccepted,
  ReturnCompleted,
  ReturnRefunded
} from './contract.ts'
import { orderHistory } from './order-history.ts'
import { orderLines } from './order-lines.ts'
import { orderTotals } from './order-totals.ts'
import { productCopies } from './product-copies.ts'
import { returns } from './returns.ts'

const lines = [
  { stockCode: '85123A', name: 'HEART HOLDER', quantity: 6, unitPence: 255, kind: 'product' as const },
  { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 1800, kind: 'service' as const }
]
const items = [{ stockCode: '85123A', quantity: 6 }]
const facts = (orderId: string) => ({
  orderId,
  customerId: '17850',
  email: '',
  country: 'EIRE',
  lines,
  items,
  totalPence: 3330
})
const accepted = (orderId: string) => OrderAccepted({ ...facts(orderId), card: '4000000000000001' })
const who = (orderId: string) => ({ orderId, customerId: '17850' })

const returned = ReturnAccepted({
  returnId: 'C1',
  customerId: '17850',
  card: '4000000000000001',
  lines,
  items,
  refundPence: 3330
})

test('the history says how each order stands, and why it was cancelled', () => {
  const row = {
    orderId: '1',
    customerId: '17850',
    totalPence: 3330,
    lineCount: 2,
    units: 6,
    acceptedMs: scenarioStartMs,
    changedMs: scenarioStartMs,
    reason: ''
  }
  given(orderHistory)
    .when(accepted('1'))
    .thenRow('1', { ...row, status: 'accepted' })
    .when(OrderConfirmed(facts('1')))
    .thenRow('1', { ...row, status: 'ready' })
    .when(OrderShipped(who('1')))
    .thenRow('1', { ...row, status: 'shipped' })
    .when(OrderCompleted(who('1')))
    .thenRow('1', { ...row, status: 'completed' })
  given(orderHistory, accepted('1'))
    .when(OrderCancelled({ ...facts('1'), reason: 'out-of-stock' }))
    .thenRow('1', { ...row, status: 'cancelled', reason: 'out-of-stock' })
})

test('the lines of an order are kept as they were ordered', () => {
  given(orderLines)
    .when(accepted('1'))
    .thenRows({ '1': { orderId: '1', country: 'EIRE', lines } })
})

test('the totals say how many orders and returns are still open', () => {
  given(orderTotals)
    .when(accepted('1'), accepted('2'), accepted('3'), returned)
    .thenRows({
      all: {
        orders: { accepted: 3, confirmed: 0, shipped: 0, completed: 0, cancelled: 0, open: 3 },
        returns: { accepted: 1, completed: 0, open: 1 }
      }
    })
    .when(
      OrderConfirmed(facts('1')),
      OrderShipped(who('1')),
      OrderCompleted(who('1')),
      OrderCancelled({ ...facts('2'), reason: 'out-of-stock' }),
      ReturnCompleted({ returnId: 'C1', customerId: '17850' })
    )
    .thenRow('all', {
      orders: { accepted: 3, confirmed: 1, shipped: 1, completed: 1, cancelled: 1, open: 1 },
      returns: { accepted: 1, completed: 1, open: 0 }
    })
})

test('the returns say how each return stands', () => {
  const row = {
    returnId: 'C1',
    customerId: '17850',
    refundPence: 3330,
    units: 6,
    acceptedMs: scenarioStartMs
  }
  given(returns)
    .when(returned)
    .thenRow('C1', { ...row, status: 'accepted' })
    .when(ReturnRefunded({ returnId: 'C1', customerId: '17850' }))
    .thenRow('C1', { ...row, status: 'refunded' })
    .when(ReturnCompleted({ returnId: 'C1', customerId: '17850' }))
    .thenRow('C1', { ...row, status: 'completed' })
})

test('sales has its own copy of names and prices', () => {
  const holder = { stockCode: '85123A', name: 'HEART HOLDER', listPence: 255 }
  given(productCopies)
    .when(ProductListed(holder), ProductPriced({ ...holder, listPence: 295 }))
    .thenRow('85123A', { ...holder, listPence: 295, offered: true })
    .when(ProductWithdrawn({ ...holder, listPence: 295 }))
    .thenRow('85123A', { ...holder, listPence: 295, offered: false })
})
