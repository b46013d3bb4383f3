import { given, refused, timeout } from 'skerry/testing'
import { test } from 'vitest'
import { ChargeCustomer, CustomerBilled, PaymentDeclined, RefundCharge } from '../billing/contract.ts'
import {
  OutOfStock,
  ReleaseStock,
  ReservationWithdrawn,
  ReserveStock,
  StockReserved
} from '../inventory/contract.ts'
import {
  ConfirmOrder,
  OrderAccepted,
  OrderCancelled,
  OrderConfirmed,
  RejectOrder
} from '../sales/contract.ts'
import { FulfilmentFailed, OrderReadyForShipping } from './contract.ts'
import { orderFulfilment } from './order-fulfilment.ts'

const items = [{ stockCode: '85123A', quantity: 6 }]
const facts = {
  orderId: '1',
  customerId: '17850',
  email: '',
  country: 'EIRE',
  lines: [
    { stockCode: '85123A', name: 'HEART HOLDER', quantity: 6, unitPence: 255, kind: 'product' as const },
    { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 1800, kind: 'service' as const }
  ],
  items,
  totalPence: 3330
}
const card = '4000000000000001'

const accepted = OrderAccepted({ ...facts, card })
const reserved = StockReserved({ orderId: '1', items })
const outOfStock = OutOfStock({
  orderId: '1',
  short: [{ stockCode: '85123A', wanted: 6, available: 5 }],
  freed: []
})
const money = { orderId: '1', customerId: '17850', pence: 3330 }
const billed = CustomerBilled({ ...money, providerId: 'ch_1' })
const declined = PaymentDeclined({ ...money, reason: 'insufficient-funds', reversedPence: 0 })
const confirmed = OrderConfirmed(facts)
const cancelled = OrderCancelled({ ...facts, reason: 'bought elsewhere' })

const reserve = ReserveStock.for('1', { items })
const release = ReleaseStock.for('1', {})
const charge = ChargeCustomer.for('1', { customerId: '17850', card, pence: 3330 })
const refund = RefundCharge.for('1', { reason: 'The order was not fulfilled.' })
const confirm = ConfirmOrder.for('1', {})

const failed = (reason: 'out-of-stock' | 'payment-declined' | 'took-too-long' | 'refused') =>
  [RejectOrder.for('1', { reason }), FulfilmentFailed({ orderId: '1', customerId: '17850', reason })] as const
const calledOff = FulfilmentFailed({ orderId: '1', customerId: '17850', reason: 'cancelled' })

test('stock, then money, then the word of sales: the order is ready for shipping', () => {
  given(orderFulfilment)
    .when(accepted)
    .then(reserve)
    .when(reserved)
    .then(charge)
    .when(billed)
    .then(confirm)
    .when(confirmed)
    .then(
      OrderReadyForShipping({ orderId: '1', customerId: '17850', country: 'EIRE', items, totalPence: 3330 })
    )
    .thenEnds('completed')
})

test('an answer that is heard before its order is not lost, and is not asked for again', () => {
  given(orderFulfilment).when(reserved).then().when(accepted).then(charge).thenWaitsFor('bill')
})

test('an order that is out of stock is rejected; nothing was done that would have to be undone', () => {
  given(orderFulfilment, accepted)
    .when(outOfStock)
    .then(...failed('out-of-stock'))
    .thenEnds('failed')
})

test('an order whose reservation somebody withdrew is rejected', () => {
  given(orderFulfilment, accepted)
    .when(ReservationWithdrawn({ orderId: '1', freed: items }))
    .then(...failed('out-of-stock'))
})

test('an order whose card is declined gives its stock back', () => {
  given(orderFulfilment, accepted, reserved)
    .when(declined)
    .then(release, ...failed('payment-declined'))
    .thenEnds('failed')
})

test('a customer who cancels while stock is reserved gets it released when the answer comes', () => {
  given(orderFulfilment, accepted)
    .when(cancelled)
    .then()
    .thenWaitsFor('reserve')
    .when(reserved)
    .then(release, calledOff)
    .thenEnds('failed')
})

test('a customer who cancels while stock turns out to be short has nothing to give back', () => {
  given(orderFulfilment, accepted, cancelled).when(outOfStock).then(calledOff).thenEnds('failed')
})

test('a customer who cancels while the card is charged is refunded when the answer comes', () => {
  given(orderFulfilment, accepted, reserved)
    .when(cancelled)
    .then(release)
    .thenWaitsFor('bill')
    .when(billed)
    .then(refund, calledOff)
    .thenEnds('failed')
  given(orderFulfilment, accepted, reserved, cancelled).when(declined).then(calledOff).thenEnds('failed')
})

test('a customer who cancels just before the order is confirmed gets money and stock back, in that order', () => {
  given(orderFulfilment, accepted, reserved, billed)
    .when(cancelled)
    .then(refund, release)
    .when(refused(ConfirmOrder, 'illegal-state'))
    .then(calledOff)
    .thenEnds('failed')
})

test('the refusal of sales may be heard before the cancelling', () => {
  given(orderFulfilment, accepted, reserved, billed)
    .when(refused(ConfirmOrder, 'illegal-state'))
    .then(refund, release, ...failed('refused'))
    .thenEnds('failed')
    .when(cancelled)
    .then()
})

test('cancelling comes too late when the order is confirmed', () => {
  given(orderFulfilment, accepted, reserved, billed, confirmed).when(cancelled).then().thenEnds('completed')
})

test('an order that waits a day for its stock is given up, and what comes later is released', () => {
  given(orderFulfilment, accepted)
    .afterwards({ hours: 23, minutes: 59 })
    .then()
    .afterwards({ minutes: 1 })
    .then(...failed('took-too-long'))
    .when(reserved)
    .then(release)
    .thenEnds('failed')
})

test('an order that waits a day for its payment is given up, and what is charged later is refunded', () => {
  given(orderFulfilment, accepted, reserved)
    .when(timeout('bill'))
    .then(release, ...failed('took-too-long'))
    .when(billed)
    .then(refund)
    .thenEnds('failed')
})

test('an order that inventory or billing will not take is rejected', () => {
  given(orderFulfilment, accepted)
    .when(refused(ReserveStock, 'illegal-state'))
    .then(...failed('refused'))
  given(orderFulfilment, accepted, reserved)
    .when(refused(ChargeCustomer, 'illegal-state'))
    .then(release, ...failed('refused'))
})

test('every answer counts once', () => {
  given(orderFulfilment, accepted, reserved)
    .when(reserved)
    .then()
    .when(billed)
    .then(confirm)
    .when(billed)
    .then()
})
