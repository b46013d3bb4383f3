import { given } from 'skerry/testing'
import { test } from 'vitest'
import { GoodsReturned, ShipmentDispatched } from '../shipping/contract.ts'
import {
  OutOfStock,
  ReleaseStock,
  ReservationWithdrawn,
  ReserveStock,
  StockCollected,
  StockReleased,
  StockReserved
} from './contract.ts'
import {
  CollectStock,
  FreeUnits,
  HoldRecorded,
  HoldUnits,
  RecordHold,
  ReservationRequested,
  RestockUnits,
  TakeUnits,
  UnitsHeld,
  UnitsShort
} from './own-messages.ts'
import { reservation } from './reservation.ts'
import { reservations } from './reservations.ts'
import { stockKeeper } from './stock-keeper.ts'

const items = [
  { stockCode: '22139', quantity: 8 },
  { stockCode: '71053', quantity: 1 }
]
const order = { orderId: '1', items }
const requested = ReservationRequested(order)
const firstHeld = HoldRecorded({ orderId: '1', stockCode: '22139', available: 8 })

test('a code that comes in two lines is asked for once', () => {
  const lines = [
    { stockCode: '22139', quantity: 6 },
    { stockCode: '71053', quantity: 1 },
    { stockCode: '22139', quantity: 2 }
  ]
  given(reservation)
    .when(ReserveStock.for('1', { items: lines }))
    .then(requested)
})

test('an order is reserved when the last of its codes is held', () => {
  given(reservation, requested)
    .when(RecordHold.for('1', { stockCode: '22139', available: 8 }))
    .then(firstHeld)
    .thenStatus('reserving')
    .when(RecordHold.for('1', { stockCode: '71053', available: 1 }))
    .then(StockReserved(order))
    .thenState({ status: 'reserved', orderId: '1', items })
})

test('an order of services only is reserved at once', () => {
  given(reservation)
    .when(ReserveStock.for('1', { items: [] }))
    .then(StockReserved({ orderId: '1', items: [] }))
})

test('an order with a code that is short is not reserved, whichever answer comes last', () => {
  const short = [{ stockCode: '71053', wanted: 1, available: 0 }]
  const freed = [{ stockCode: '22139', quantity: 8 }]
  given(reservation, requested, firstHeld)
    .when(RecordHold.for('1', { stockCode: '71053', available: 0 }))
    .then(OutOfStock({ orderId: '1', short, freed }))
  given(reservation, requested, HoldRecorded({ orderId: '1', stockCode: '71053', available: 0 }))
    .when(RecordHold.for('1', { stockCode: '22139', available: 8 }))
    .then(OutOfStock({ orderId: '1', short, freed }))
})

test('every code that is short is named', () => {
  given(reservation, requested, HoldRecorded({ orderId: '1', stockCode: '71053', available: 0 }))
    .when(RecordHold.for('1', { stockCode: '22139', available: 7 }))
    .then(
      OutOfStock({
        orderId: '1',
        short: [
          { stockCode: '71053', wanted: 1, available: 0 },
          { stockCode: '22139', wanted: 8, available: 7 }
        ],
        freed: []
      })
    )
})

test('an answer that nobody waits for is refused', () => {
  given(reservation, requested, firstHeld)
    .when(RecordHold.for('1', { stockCode: '22139', available: 8 }))
    .thenRefused('not-asked')
  given(reservation, requested)
    .when(RecordHold.for('1', { stockCode: '99999', available: 8 }))
    .thenRefused('not-asked')
})

test('a reservation that is released before it is whole waits for its answers and frees what was held', () => {
  given(reservation, requested, firstHeld)
    .when(ReleaseStock.for('1', {}))
    .then(StockReleased({ orderId: '1', items: [] }))
    .thenStatus('reserving')
    .when(ReleaseStock.for('1', {}))
    .thenRefused('already-released')
    .when(RecordHold.for('1', { stockCode: '71053', available: 1 }))
    .then(ReservationWithdrawn({ orderId: '1', freed: items }))
    .thenStatus('released')
})

test('what was released before it was asked for is not reserved any more', () => {
  given(reservation)
    .when(ReleaseStock.for('1', {}))
    .then(StockReleased({ orderId: '1', items: [] }))
    .when(ReserveStock.for('1', { items }))
    .thenRefused('illegal-state')
})

test('what is reserved is released whole, once, or collected', () => {
  given(reservation, requested, firstHeld, StockReserved(order))
    .when(ReleaseStock.for('1', {}))
    .then(StockReleased(order))
    .when(ReleaseStock.for('1', {}))
    .thenRefused('illegal-state')
  given(reservation, requested, firstHeld, StockReserved(order))
    .when(CollectStock.for('1', {}))
    .then(StockCollected(order))
    .when(ReleaseStock.for('1', {}))
    .thenRefused('illegal-state')
})

test('the stock keeper asks every code, carries the answers back, and frees or takes what is held', () => {
  const one = { orderId: '1', quantity: 8 }
  const keeper = given(stockKeeper)
  keeper
    .when(requested)
    .then(HoldUnits.for('22139', one), HoldUnits.for('71053', { orderId: '1', quantity: 1 }))
  keeper
    .when(UnitsHeld({ stockCode: '22139', ...one }))
    .then(RecordHold.for('1', { stockCode: '22139', available: 8 }))
  keeper
    .when(UnitsShort({ stockCode: '22139', ...one, available: 7 }))
    .then(RecordHold.for('1', { stockCode: '22139', available: 7 }))
  const freed = [{ stockCode: '22139', quantity: 8 }]
  const short = [{ stockCode: '71053', wanted: 1, available: 0 }]
  keeper.when(OutOfStock({ orderId: '1', short, freed })).then(FreeUnits.for('22139', one))
  keeper.when(StockReleased({ orderId: '1', items: freed })).then(FreeUnits.for('22139', one))
  keeper.when(ReservationWithdrawn({ orderId: '1', freed })).then(FreeUnits.for('22139', one))
  keeper.when(StockCollected({ orderId: '1', items: freed })).then(TakeUnits.for('22139', one))
})

test('the stock keeper hears from shipping what has left and what is back', () => {
  const shipment = { orderId: '1', customerId: '17850', country: '', items }
  given(stockKeeper).when(ShipmentDispatched(shipment)).then(CollectStock.for('1', {}))
  given(stockKeeper)
    .when(GoodsReturned({ returnId: 'C1', customerId: '17850', items }))
    .then(RestockUnits.for('22139', { quantity: 8 }), RestockUnits.for('71053', { quantity: 1 }))
})

test('the list of reservations says how each stands', () => {
  const row = { orderId: '1', units: 9 }
  given(reservations)
    .when(requested)
    .thenRow('1', { ...row, status: 'reserving' })
    .when(StockReserved(order))
    .thenRow('1', { ...row, status: 'reserved' })
    .when(StockCollected(order))
    .thenRow('1', { ...row, status: 'collected' })
    .when(StockReleased(order))
    .thenRow('1', { ...row, status: 'released' })
})
