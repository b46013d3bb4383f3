import { given, scenarioStartMs } from 'skerry/testing'
import { test } from 'vitest'
import { OrderReadyForShipping } from '../fulfilment/contract.ts'
import { ReturnAccepted } from '../sales/contract.ts'
import {
  DeliverShipment,
  DispatchShipment,
  GoodsReturned,
  PrepareShipment,
  ReceiveGoods,
  ShipmentDelivered,
  ShipmentDispatched,
  ShipmentPrepared
} from './contract.ts'
import { dispatcher } from './dispatcher.ts'
import { goodsBack } from './goods-back.ts'
import { productUnits } from './product-units.ts'
import { returnedGoods } from './returned-goods.ts'
import { shipment } from './shipment.ts'
import { shipments } from './shipments.ts'

const items = [
  { stockCode: '85123A', quantity: 6 },
  { stockCode: '22139', quantity: 2 }
]
const packed = { orderId: '1', customerId: '17850', country: 'EIRE', items }
const back = { returnId: 'C1', customerId: '17850', items: [{ stockCode: '22139', quantity: 5 }] }

test('a shipment is prepared, dispatched and delivered, each once', () => {
  given(shipment)
    .when(PrepareShipment.for('1', { customerId: '17850', country: 'EIRE', items }))
    .then(ShipmentPrepared(packed))
    .when(DeliverShipment.for('1', {}))
    .thenRefused('illegal-state')
    .when(DispatchShipment.for('1', {}))
    .then(ShipmentDispatched(packed))
    .when(DispatchShipment.for('1', {}))
    .thenRefused('illegal-state')
    .when(DeliverShipment.for('1', {}))
    .then(ShipmentDelivered(packed))
    .thenStatus('delivered')
})

test('an order that is ready leaves the house without a person', () => {
  given(dispatcher)
    .when(OrderReadyForShipping({ ...packed, totalPence: 3330 }))
    .then(PrepareShipment.for('1', { customerId: '17850', country: 'EIRE', items }))
    .when(ShipmentPrepared(packed))
    .then(DispatchShipment.for('1', {}))
})

test('returned goods are booked in on the word of the customer, once, and a return of services brings none', () => {
  const accepted = {
    returnId: 'C1',
    customerId: '17850',
    card: '4000000000000001',
    lines: [{ stockCode: '22139', name: 'TEA SET', quantity: 5, unitPence: 1, kind: 'product' as const }],
    items: back.items,
    refundPence: 5
  }
  given(dispatcher)
    .when(ReturnAccepted(accepted))
    .then(ReceiveGoods.for('C1', { customerId: '17850', items: back.items }))
    .when(ReturnAccepted({ ...accepted, items: [] }))
    .then()
  given(goodsBack)
    .when(ReceiveGoods.for('C1', { customerId: '17850', items: back.items }))
    .then(GoodsReturned(back))
    .when(ReceiveGoods.for('C1', { customerId: '17850', items: back.items }))
    .thenRefused('illegal-state')
})

test('units are counted when they leave and when they come back, also of what was never shipped', () => {
  given(productUnits)
    .when(ShipmentDispatched(packed), ShipmentDispatched({ ...packed, orderId: '2' }), GoodsReturned(back))
    .thenRows({
      '85123A': { stockCode: '85123A', shipped: 12, returned: 0 },
      '22139': { stockCode: '22139', shipped: 4, returned: 5 }
    })
    .when(GoodsReturned({ ...back, items: [{ stockCode: '71053', quantity: 1 }] }))
    .thenRow('71053', { stockCode: '71053', shipped: 0, returned: 1 })
})

test('the list of shipments says how each stands, and since when', () => {
  const row = { orderId: '1', customerId: '17850', items, units: 8, preparedMs: scenarioStartMs }
  given(shipments)
    .when(ShipmentPrepared(packed))
    .thenRow('1', { ...row, status: 'prepared', dispatchedMs: 0, deliveredMs: 0 })
    .when(ShipmentDispatched(packed), ShipmentDelivered(packed))
    .thenRow('1', {
      ...row,
      status: 'delivered',
      dispatchedMs: scenarioStartMs,
      deliveredMs: scenarioStartMs
    })
})

test('what came back is listed by its return', () => {
  given(returnedGoods)
    .when(GoodsReturned(back))
    .thenRows({ C1: { ...back, returnedMs: scenarioStartMs } })
})
