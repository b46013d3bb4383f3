import { type DataOf, projection } from 'skerry'
import {
  OutOfStock,
  Reservations,
  ReservationWithdrawn,
  StockCollected,
  StockReleased,
  StockReserved
} from './contract.ts'
import { type Item, unitsOf } from './items.ts'
import { ReservationRequested } from './own-messages.ts'

type Row = DataOf<typeof Reservations>

const row = (orderId: string, status: Row['status'], items: readonly Item[]): Row => ({
  orderId,
  status,
  units: unitsOf(items)
})

/** How the reservation of each order stands, and how many units it is about. */
export const reservations = projection(Reservations, { indexes: ['status'] })
  .on(
    ReservationRequested,
    ({ orderId }) => orderId,
    (_, { orderId, items }) => row(orderId, 'reserving', items)
  )
  .on(
    StockReserved,
    ({ orderId }) => orderId,
    (_, { orderId, items }) => row(orderId, 'reserved', items)
  )
  .on(
    StockReleased,
    ({ orderId }) => orderId,
    (_, { orderId, items }) => row(orderId, 'released', items)
  )
  .on(
    ReservationWithdrawn,
    ({ orderId }) => orderId,
    (_, { orderId, freed }) => row(orderId, 'released', freed)
  )
  .on(
    StockCollected,
    ({ orderId }) => orderId,
    (_, { orderId, items }) => row(orderId, 'collected', items)
  )
  .on(
    OutOfStock,
    ({ orderId }) => orderId,
    (_, { orderId }) => row(orderId, 'out-of-stock', [])
  )
