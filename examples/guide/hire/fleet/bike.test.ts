import { given } from 'skerry/testing'
import { test } from 'vitest'
import { bike } from './bike.ts'
import { AddBike, BikeAdded, BikeReleased, BikeReserved, ReleaseBike, ReserveBike } from './contract.ts'

const added = BikeAdded({ bikeId: 'b-1', station: 'harbour' })
const reserved = BikeReserved({ rideId: 'r-1', bikeId: 'b-1', station: 'harbour' })

// #region machine
test('a bike that is free can be reserved, and is then free no more', () => {
  given(bike, added)
    .when(ReserveBike.for('b-1', { rideId: 'r-1' }))
    .then(reserved)
    .thenState({ status: 'reserved', station: 'harbour', rideId: 'r-1' })
    .when(ReserveBike.for('b-1', { rideId: 'r-2' }))
    .thenRefused('illegal-state')
})

test('only the ride that has a bike can give it back', () => {
  given(bike, added, reserved)
    .when(ReleaseBike.for('b-1', { rideId: 'r-2' }))
    .thenRefused('not-yours')
    .when(ReleaseBike.for('b-1', { rideId: 'r-1' }))
    .then(BikeReleased({ rideId: 'r-1', bikeId: 'b-1', station: 'harbour' }))
    .thenStatus('free')
})
// #endregion

test('a bike is added once', () => {
  given(bike)
    .when(AddBike.for('b-1', { station: 'harbour' }))
    .then(added)
    .when(AddBike.for('b-1', { station: 'market' }))
    .thenRefused('illegal-state')
})
