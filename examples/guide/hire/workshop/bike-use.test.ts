import { given } from 'skerry/testing'
import { test } from 'vitest'
import { BikeAdded, BikeReturned } from '../fleet/contract.ts'
import { bikeUse } from './bike-use.ts'

test('every return counts as one ride, and says where the bike is now', () => {
  given(bikeUse, BikeAdded({ bikeId: 'b-1', station: 'harbour' }))
    .thenRow('b-1', { rides: 0, station: 'harbour' })
    .when(
      BikeReturned({ rideId: 'r-1', bikeId: 'b-1', station: 'market' }),
      BikeReturned({ rideId: 'r-2', bikeId: 'b-1', station: 'harbour' })
    )
    .thenRow('b-1', { rides: 2, station: 'harbour' })
})
