import { given } from 'skerry/testing'
import { test } from 'vitest'
import { bike } from './bike.ts'
import { BikeAdded, BikeRented, BikeReturned, RentBike, ReturnBike } from './contract.ts'

const added = BikeAdded({ bikeId: 'b-1', station: 'harbour' })

test('a bike that somebody has rented cannot be rented', () => {
  given(bike, added)
    .when(RentBike.for('b-1', { riderId: 'ann' }))
    .then(BikeRented({ bikeId: 'b-1', riderId: 'ann' }))
    .when(RentBike.for('b-1', { riderId: 'bob' }))
    .thenRefused('illegal-state')
})

test('only who rented a bike returns it', () => {
  given(bike, added, BikeRented({ bikeId: 'b-1', riderId: 'ann' }))
    .when(ReturnBike.for('b-1', { riderId: 'bob', station: 'market' }))
    .thenRefused('not-yours')
    .when(ReturnBike.for('b-1', { riderId: 'ann', station: 'market' }))
    .then(BikeReturned({ bikeId: 'b-1', station: 'market' }))
})
