import { given } from 'skerry/testing'
import { expect, test } from 'vitest'
import { CustomerRefunded } from '../billing/contract.ts'
import { GoodsReturned, ShipmentDelivered, ShipmentDispatched } from '../shipping/contract.ts'
import {
  CancelOrder,
  ConfirmOrder,
  OrderAccepted,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderShipped,
  PlaceOrder,
  RejectOrder
} from './contract.ts'
import { kindOf } from './lines.ts'
import { order } from './order.ts'
import { orderDesk } from './order-desk.ts'
import { RecordDelivery, RecordDispatch, RecordReceipt, RecordRefund } from './own-commands.ts'

const holder = { stockCode: '85123A', name: 'HEART HOLDER', quantity: 6, unitPence: 255 }
const cheaper = { ...holder, quantity: 4, unitPence: 210 }
const postage = { stockCode: 'POST', name: 'POSTAGE', quantity: 1, unitPence: 1800 }
const gift = { stockCode: '22139', name: '', quantity: 2, unitPence: 0 }

const placed = { customerId: '17850', card: '4000000000000001', lines: [holder, postage, cheaper, gift] }
const facts = {
  orderId: '536365',
  customerId: '17850',
  email: '',
  country: '',
  lines: [
    { ...holder, kind: 'product' as const },
    { ...postage, kind: 'service' as const },
    { ...cheaper, kind: 'product' as const },
    { ...gift, kind: 'product' as const }
  ],
  items: [
    { stockCode: '85123A', quantity: 10 },
    { stockCode: '22139', quantity: 2 }
  ],
  totalPence: 6 * 255 + 1800 + 4 * 210
}
const accepted = OrderAccepted({ ...facts, card: placed.card })

test('an order is accepted with its total, its kinds of lines, and each code to be packed once', () => {
  given(order).when(PlaceOrder.for('536365', placed)).then(accepted)
})

test('an order keeps the address and country it was placed with', () => {
  const where = { email: 'ann@example.org', country: 'EIRE' }
  given(order)
    .when(PlaceOrder.for('536365', { ...placed, ...where }))
    .then(OrderAccepted({ ...facts, ...where, card: placed.card }))
})

test('an order number is used once', () => {
  given(order, accepted).when(PlaceOrder.for('536365', placed)).thenRefused('illegal-state')
})

test('a total beyond what is exact is refused', () => {
  const lines = [{ ...holder, quantity: 10_000_000, unitPence: 101 }]
  given(order)
    .when(PlaceOrder.for('1', { ...placed, lines }))
    .thenRefused('total-too-large')
})

test('product codes begin with five digits', () => {
  const kinds = ['85123A', '22139', 'POST', 'D', '1234', '15056bl', 'C2', ''].map(kindOf)
  const [product, service] = ['product', 'service']
  expect(kinds).toEqual([product, product, service, service, service, product, service, service])
})

test('an order goes from accepted to completed without its card', () => {
  given(order, accepted)
    .when(ConfirmOrder.for('536365', {}))
    .then(OrderConfirmed(facts))
    .thenStatus('ready')
    .when(RecordDispatch.for('536365', {}))
    .then(OrderShipped({ orderId: '536365', customerId: '17850' }))
    .when(RecordDelivery.for('536365', {}))
    .then(OrderCompleted({ orderId: '536365', customerId: '17850' }))
    .thenState({ status: 'completed', facts })
})

test('whoever comes first, customer or warehouse, gets the order, and the other is refused', () => {
  given(order, accepted)
    .when(CancelOrder.for('536365', { reason: 'bought elsewhere' }))
    .then(OrderCancelled({ ...facts, reason: 'bought elsewhere' }))
    .when(ConfirmOrder.for('536365', {}))
    .thenRefused('illegal-state')
  given(order, accepted, OrderConfirmed(facts))
    .when(CancelOrder.for('536365', { reason: 'bought elsewhere' }))
    .thenRefused('illegal-state')
    .thenStatus('ready')
})

test('an order that cannot be fulfilled is cancelled once, with the reason', () => {
  given(order, accepted)
    .when(RejectOrder.for('536365', { reason: 'out-of-stock' }))
    .then(OrderCancelled({ ...facts, reason: 'out-of-stock' }))
    .when(RejectOrder.for('536365', { reason: 'took-too-long' }))
    .thenRefused('illegal-state')
})

test('the order desk books what shipping and billing say', () => {
  const shipment = { orderId: '536365', customerId: '17850', country: '', items: facts.items }
  const refund = { customerId: '17850', pence: 5, wasOwed: false, providerId: 're_1' }
  given(orderDesk).when(ShipmentDispatched(shipment)).then(RecordDispatch.for('536365', {}))
  given(orderDesk).when(ShipmentDelivered(shipment)).then(RecordDelivery.for('536365', {}))
  given(orderDesk)
    .when(GoodsReturned({ returnId: 'C1', customerId: '17850', items: facts.items }))
    .then(RecordReceipt.for('C1', {}))
  given(orderDesk)
    .when(CustomerRefunded({ ...refund, refundId: 'return-C1', cause: { kind: 'return', id: 'C1' } }))
    .then(RecordRefund.for('C1', {}))
  given(orderDesk)
    .when(CustomerRefunded({ ...refund, refundId: 'order-1', cause: { kind: 'order', id: '1' } }))
    .then()
})
