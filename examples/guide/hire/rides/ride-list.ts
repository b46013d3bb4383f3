import { projection } from 'skerry'
import { PaymentRefunded } from '../payments/contract.ts'
import { RideBooked, RideCancelled, RideConfirmed, RideRejected } from './contract.ts'

type RideRow = {
  riderId: string
  status: 'booked' | 'confirmed' | 'rejected' | 'cancelled'
  pence: number
  refundedPence: number
}

const byRide = ({ rideId }: { rideId: string }) => rideId
const before: RideRow = { riderId: '', status: 'booked', pence: 0, refundedPence: 0 }

/** Every ride with its money, from the events of two services. They arrive in any order. */
export const rideList = projection<RideRow>('ride-list', { initial: before, indexes: ['riderId', 'status'] })
  .on(RideBooked, { key: byRide, reads: ['rideId', 'riderId', 'pence'] }, (row, { riderId, pence }) => ({
    ...row,
    riderId,
    pence
  }))
  .on(RideConfirmed, byRide, (row) => ({ ...row, status: 'confirmed' }))
  .on(RideRejected, byRide, (row) => ({ ...row, status: 'rejected' }))
  .on(RideCancelled, byRide, (row) => ({ ...row, status: 'cancelled' }))
  .on(PaymentRefunded, byRide, (row, { pence }) => ({ ...row, refundedPence: pence }))
