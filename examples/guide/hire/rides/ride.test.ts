import { given } from 'skerry/testing'
import { test } from 'vitest'
import { BookRide, CancelRide, ConfirmRide, RejectRide, RideBooked, RideCancelled } from './contract.ts'
import { ride } from './ride.ts'

const booked = RideBooked({ rideId: 'r-1', bikeId: 'b-1', riderId: 'ann', card: '4000', pence: 180 })

test('a ride is booked at the price of today', () => {
  given(ride)
    .when(BookRide.for('r-1', { bikeId: 'b-1', riderId: 'ann', card: '4000' }))
    .then(booked)
})

test('a ride that was cancelled is neither confirmed nor rejected any more', () => {
  given(ride, booked)
    .when(CancelRide.for('r-1', {}))
    .then(RideCancelled({ rideId: 'r-1' }))
    .when(ConfirmRide.for('r-1', { receipt: 'c-1' }))
    .thenRefused('illegal-state')
    .when(RejectRide.for('r-1', { reason: 'too late' }))
    .thenRefused('illegal-state')
})
