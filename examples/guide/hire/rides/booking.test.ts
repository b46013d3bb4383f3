import { given, refused, timeout } from 'skerry/testing'
import { test } from 'vitest'
import { BikeReserved, ReleaseBike, ReserveBike } from '../fleet/contract.ts'
import {
  PaymentDeclined,
  PaymentRefunded,
  PaymentTaken,
  RefundPayment,
  TakePayment
} from '../payments/contract.ts'
import { booking } from './booking.ts'
import { ConfirmRide, RejectRide, RideBooked, RideCancelled, RideConfirmed } from './contract.ts'

const rideId = 'r-1'
const booked = RideBooked({ rideId, bikeId: 'b-1', riderId: 'ann', card: '4000', pence: 180 })
const reserved = BikeReserved({ rideId, bikeId: 'b-1', station: 'harbour' })
const paid = PaymentTaken({ rideId, riderId: 'ann', pence: 180, receipt: 'c-1' })
const release = ReleaseBike.for('b-1', { rideId })
const refund = RefundPayment.for(rideId, {})

// #region process
test('the bike, then the money, then the ride is confirmed', () => {
  given(booking)
    .when(booked)
    .then(ReserveBike.for('b-1', { rideId }))
    .when(reserved)
    .then(TakePayment.for(rideId, { riderId: 'ann', card: '4000', pence: 180 }))
    .when(paid)
    .then(ConfirmRide.for(rideId, { receipt: 'c-1' }))
    .when(RideConfirmed({ rideId, riderId: 'ann', receipt: 'c-1' }))
    .thenEnds('completed')
})

test('a declined card gives the bike back', () => {
  given(booking, booked, reserved)
    .when(PaymentDeclined({ rideId, reason: 'insufficient funds' }))
    .then(release, RejectRide.for(rideId, { reason: 'insufficient funds' }))
    .thenEnds('failed')
})
// #endregion

test('a bike that somebody else has ends the booking before anything is paid', () => {
  given(booking, booked)
    .when(refused(ReserveBike, 'illegal-state', 'It is reserved.'))
    .then(RejectRide.for(rideId, { reason: 'illegal-state: It is reserved.' }))
    .thenEnds('failed')
})

// #region undo
test('a rider who cancels after paying gets the money back first, then the bike is free', () => {
  given(booking, booked, reserved, paid)
    .when(RideCancelled({ rideId }))
    .then(refund)
    .when(PaymentRefunded({ rideId, pence: 180, receipt: 'c-2' }))
    .then(release)
    .when(refused(ConfirmRide, 'illegal-state'))
    .then()
    .thenEnds('failed')
})
// #endregion

// #region late
test('a payment that comes after its time is refunded', () => {
  given(booking, booked, reserved)
    .when(timeout('pay'))
    .then(release, RejectRide.for(rideId, { reason: "No answer to 'pay' in time." }))
    .thenEnds('failed')
    .when(paid)
    .then(refund)
})

test('nine minutes are not too long for a payment, ten are', () => {
  given(booking, booked, reserved)
    .afterwards({ minutes: 9 })
    .then()
    .afterwards({ minutes: 1 })
    .then(release, RejectRide.for(rideId, { reason: "No answer to 'pay' in time." }))
})
// #endregion
