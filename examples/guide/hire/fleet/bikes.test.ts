import { given } from 'skerry/testing'
import { test } from 'vitest'
import { bikes } from './bikes.ts'
import { BikeAdded, BikeReserved, BikeReturned } from './contract.ts'

// #region projection
test('a bike that was brought to another station is free there', () => {
  given(bikes)
    .when(
      BikeAdded({ bikeId: 'b-1', station: 'harbour' }),
      BikeReserved({ rideId: 'r-1', bikeId: 'b-1', station: 'harbour' })
    )
    .thenRow('b-1', { station: 'harbour', free: false })
    .when(BikeReturned({ rideId: 'r-1', bikeId: 'b-1', station: 'market' }))
    .thenRows({ 'b-1': { station: 'market', free: true } })
})
// #endregion
