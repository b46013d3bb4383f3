import { given } from 'skerry/testing'
import { test } from 'vitest'
import { ReceiveStock, StockReceived, StockRestocked } from './contract.ts'
import {
  FreeUnits,
  HoldUnits,
  RestockUnits,
  TakeUnits,
  UnitsFreed,
  UnitsHeld,
  UnitsShort,
  UnitsTaken
} from './own-messages.ts'
import { stock } from './stock.ts'
import { stockItem } from './stock-item.ts'

const received = StockReceived({ stockCode: '22139', quantity: 10, location: 'A-12' })
const forOrder = (quantity: number) => ({ stockCode: '22139', orderId: '1', quantity })

test('stock comes in at the location that is named, or where it lay before', () => {
  given(stockItem)
    .when(ReceiveStock.for('22139', { quantity: 4 }))
    .then(StockReceived({ stockCode: '22139', quantity: 4, location: 'goods-in' }))
    .when(ReceiveStock.for('22139', { quantity: 10, location: 'A-12' }))
    .then(received)
    .when(ReceiveStock.for('22139', { quantity: 1 }))
    .then(StockReceived({ stockCode: '22139', quantity: 1, location: 'A-12' }))
    .thenState({ status: 'kept', onHand: 15, reserved: 0, location: 'A-12' })
})

test('units are held down to the last one, and never one more', () => {
  given(stockItem, received)
    .when(HoldUnits.for('22139', { orderId: '1', quantity: 10 }))
    .then(UnitsHeld(forOrder(10)))
    .when(HoldUnits.for('22139', { orderId: '2', quantity: 1 }))
    .then(UnitsShort({ stockCode: '22139', orderId: '2', quantity: 1, available: 0 }))
    .thenState({ status: 'kept', onHand: 10, reserved: 10, location: 'A-12' })
})

test('a code that was never received is short, with nothing available', () => {
  given(stockItem)
    .when(HoldUnits.for('22139', { orderId: '1', quantity: 1 }))
    .then(UnitsShort({ ...forOrder(1), available: 0 }))
})

test('units that are freed can be held again; those that are taken are gone', () => {
  given(stockItem, received, UnitsHeld(forOrder(6)))
    .when(FreeUnits.for('22139', { orderId: '1', quantity: 6 }))
    .then(UnitsFreed(forOrder(6)))
    .thenState({ status: 'kept', onHand: 10, reserved: 0, location: 'A-12' })
  given(stockItem, received, UnitsHeld(forOrder(6)))
    .when(TakeUnits.for('22139', { orderId: '1', quantity: 6 }))
    .then(UnitsTaken(forOrder(6)))
    .thenState({ status: 'kept', onHand: 4, reserved: 0, location: 'A-12' })
})

test('what is not held can be neither freed nor taken', () => {
  given(stockItem, received)
    .when(FreeUnits.for('22139', { orderId: '1', quantity: 1 }))
    .thenRefused('not-held')
  given(stockItem, received)
    .when(TakeUnits.for('22139', { orderId: '1', quantity: 1 }))
    .thenRefused('not-held')
})

test('what a customer sends back lies on the shelf again', () => {
  given(stockItem, received)
    .when(RestockUnits.for('22139', { quantity: 3 }))
    .then(StockRestocked({ stockCode: '22139', quantity: 3 }))
    .thenState({ status: 'kept', onHand: 13, reserved: 0, location: 'A-12' })
})

test('the stock list shows what lies where and what of it can be had', () => {
  const row = { stockCode: '22139', location: 'A-12' }
  given(stock)
    .when(received, UnitsHeld(forOrder(6)))
    .thenRow('22139', { ...row, onHand: 10, reserved: 6, available: 4 })
    .when(
      UnitsTaken(forOrder(2)),
      UnitsFreed(forOrder(4)),
      StockRestocked({ stockCode: '22139', quantity: 1 })
    )
    .thenRow('22139', { ...row, onHand: 9, reserved: 0, available: 9 })
})
