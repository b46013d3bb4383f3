import { actor } from 'skerry'
import { GoodsReturned, ShipmentDispatched } from '../shipping/contract.ts'
import { OutOfStock, ReservationWithdrawn, StockCollected, StockReleased } from './contract.ts'
import {
  CollectStock,
  FreeUnits,
  HoldUnits,
  RecordHold,
  ReservationRequested,
  RestockUnits,
  TakeUnits,
  UnitsHeld,
  UnitsShort
} from './own-messages.ts'

/** Carries word between the reservations of orders and the stock items of products. */
export const stockKeeper = actor('stock-keeper')
  .on(ReservationRequested, ({ orderId, items }) =>
    items.map(({ stockCode, quantity }) => HoldUnits.for(stockCode, { orderId, quantity }))
  )
  .on(UnitsHeld, ({ orderId, stockCode, quantity }) =>
    RecordHold.for(orderId, { stockCode, available: quantity })
  )
  .on(UnitsShort, ({ orderId, stockCode, available }) => RecordHold.for(orderId, { stockCode, available }))
  .on(OutOfStock, ({ orderId, freed }) =>
    freed.map(({ stockCode, quantity }) => FreeUnits.for(stockCode, { orderId, quantity }))
  )
  .on(ReservationWithdrawn, ({ orderId, freed }) =>
    freed.map(({ stockCode, quantity }) => FreeUnits.for(stockCode, { orderId, quantity }))
  )
  .on(StockReleased, ({ orderId, items }) =>
    items.map(({ stockCode, quantity }) => FreeUnits.for(stockCode, { orderId, quantity }))
  )
  .on(StockCollected, ({ orderId, items }) =>
    items.map(({ stockCode, quantity }) => TakeUnits.for(stockCode, { orderId, quantity }))
  )
  .on(ShipmentDispatched, ({ orderId }) => CollectStock.for(orderId, {}))
  .on(GoodsReturned, ({ items }) =>
    items.map(({ stockCode, quantity }) => RestockUnits.for(stockCode, { quantity }))
  )
