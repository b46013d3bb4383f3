import { processManager } from 'skerry'
import { BikeReserved, ReleaseBike, ReserveBike } from '../fleet/contract.ts'
import {
  PaymentDeclined,
  PaymentRefunded,
  PaymentTaken,
  RefundPayment,
  TakePayment
} from '../payments/contract.ts'
import { ConfirmRide, RejectRide, RideBooked, RideCancelled, RideConfirmed } from './contract.ts'

// #region booking
const byRide = ({ rideId }: { rideId: string }) => rideId

/** Brings a booked ride to its confirmation: the bike, the money, the last word of the ride itself. */
export const booking = processManager('booking')
  .startsWith(RideBooked, byRide)
  .step('reserve', (step) =>
    step
      .send(({ rideId, bikeId }) => ReserveBike.for(bikeId, { rideId }))
      .doneBy(BikeReserved, byRide)
      .undo(({ rideId, bikeId }) => ReleaseBike.for(bikeId, { rideId }))
  )
  .step('pay', (step) =>
    step
      .after('reserve')
      .send(({ rideId, riderId, card, pence }) => TakePayment.for(rideId, { riderId, card, pence }))
      .doneBy(PaymentTaken, byRide, (_, { receipt }) => ({ receipt }))
      .failedBy(PaymentDeclined, byRide, ({ reason }) => reason)
      .undo(({ rideId }) => RefundPayment.for(rideId, {}))
      .undoneBy(PaymentRefunded, byRide)
      .timeout({ minutes: 10 })
  )
  .step('confirm', (step) =>
    step
      .after('pay')
      .send(({ rideId, receipt }) => ConfirmRide.for(rideId, { receipt }))
      .doneBy(RideConfirmed, byRide)
      .stays()
  )
  .cancelledBy(RideCancelled, byRide)
  .fails(({ rideId }, { why, reason }) => (why === 'cancelled' ? [] : RejectRide.for(rideId, { reason })))
// #endregion
