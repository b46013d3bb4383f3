import { stateMachine } from 'skerry'
import {
  BookRide,
  CancelRide,
  ConfirmRide,
  RejectRide,
  RideBooked,
  RideCancelled,
  RideConfirmed,
  RideRejected
} from './contract.ts'

type Ride =
  | { status: 'new' }
  | { status: 'booked'; riderId: string }
  | { status: 'confirmed' | 'rejected' | 'cancelled' }

export const unlockPence = 180

/** One ride, by its id. Here it is decided whether the rider was quicker to cancel than we to confirm. */
export const ride = stateMachine<Ride>('ride', { status: 'new' })
  .evolve(RideBooked, { from: 'new', to: 'booked' }, (_, { riderId }) => ({ status: 'booked', riderId }))
  .evolve(RideConfirmed, { from: 'booked', to: 'confirmed' }, () => ({ status: 'confirmed' }))
  .evolve(RideRejected, { from: 'booked', to: 'rejected' }, () => ({ status: 'rejected' }))
  .evolve(RideCancelled, { from: 'booked', to: 'cancelled' }, () => ({ status: 'cancelled' }))

  .on(BookRide, { from: 'new', emits: RideBooked }, (_, command, { key: rideId }) =>
    RideBooked({ rideId, ...command, pence: unlockPence })
  )
  .on(ConfirmRide, { from: 'booked', emits: RideConfirmed }, ({ riderId }, { receipt }, { key: rideId }) =>
    RideConfirmed({ rideId, riderId, receipt })
  )
  .on(RejectRide, { from: 'booked', emits: RideRejected }, (_, { reason }, { key: rideId }) =>
    RideRejected({ rideId, reason })
  )
  .on(CancelRide, { from: 'booked', emits: RideCancelled }, (_, __, { key: rideId }) =>
    RideCancelled({ rideId })
  )
