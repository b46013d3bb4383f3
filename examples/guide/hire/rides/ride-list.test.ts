import { given, oldVersion } from 'skerry/testing'
import { test } from 'vitest'
import { PaymentRefunded } from '../payments/contract.ts'
import { RideBooked, RideCancelled } from './contract.ts'
import { rideList } from './ride-list.ts'

const booked = RideBooked({ rideId: 'r-1', bikeId: 'b-1', riderId: 'ann', card: '4000', pence: 180 })
const cancelled = RideCancelled({ rideId: 'r-1' })
const refunded = PaymentRefunded({ rideId: 'r-1', pence: 180, receipt: 'c-2' })

const row = { riderId: 'ann', status: 'cancelled' as const, pence: 180, refundedPence: 180 }

test('a ride and its money make one row, whichever service is heard first', () => {
  given(rideList, booked, cancelled, refunded).thenRow('r-1', row)
  given(rideList, refunded, booked, cancelled).thenRow('r-1', row)
})

// #region versions
test('a ride that was booked before rides had prices cost 150 pence', () => {
  const old = { rideId: 'r-1', bikeId: 'b-1', riderId: 'ann', card: '4000' }
  given(rideList, oldVersion(RideBooked, 1, old)).thenRow('r-1', {
    riderId: 'ann',
    status: 'booked',
    pence: 150,
    refundedPence: 0
  })
})
// #endregion
