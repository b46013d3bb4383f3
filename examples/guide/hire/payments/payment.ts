import { stateMachine } from 'skerry'
import { PaymentDeclined, PaymentRefunded, PaymentTaken, RefundPayment, TakePayment } from './contract.ts'
import {
  PaymentRequested,
  RecordDecline,
  RecordPayment,
  RecordRefund,
  RefundRequested
} from './own-messages.ts'

type Payment =
  | { status: 'new' | 'declined' | 'refunded' }
  | { status: 'requested'; riderId: string; pence: number }
  | { status: 'taken' | 'returning'; pence: number; receipt: string }

/** The payment for one ride, by the id of the ride. The card desk does what it asks for, and records how it went. */
export const payment = stateMachine<Payment>('payment', { status: 'new' })
  .evolve(PaymentRequested, { from: 'new', to: 'requested' }, (_, { riderId, pence }) => ({
    status: 'requested',
    riderId,
    pence
  }))
  .evolve(PaymentTaken, { from: 'requested', to: 'taken' }, (_, { pence, receipt }) => ({
    status: 'taken',
    pence,
    receipt
  }))
  .evolve(PaymentDeclined, { from: 'requested', to: 'declined' }, () => ({ status: 'declined' }))
  .evolve(RefundRequested, { from: 'taken', to: 'returning' }, (taken) => ({ ...taken, status: 'returning' }))
  .evolve(PaymentRefunded, { from: 'returning', to: 'refunded' }, () => ({ status: 'refunded' }))

  .on(TakePayment, { from: 'new', emits: PaymentRequested }, (_, command, { key: rideId }) =>
    PaymentRequested({ rideId, ...command })
  )
  .on(
    RecordPayment,
    { from: 'requested', emits: PaymentTaken },
    ({ riderId, pence }, { receipt }, { key: rideId }) => PaymentTaken({ rideId, riderId, pence, receipt })
  )
  .on(RecordDecline, { from: 'requested', emits: PaymentDeclined }, (_, { reason }, { key: rideId }) =>
    PaymentDeclined({ rideId, reason })
  )
  .on(RefundPayment, { from: 'taken', emits: RefundRequested }, ({ pence, receipt }, _, { key: rideId }) =>
    RefundRequested({ rideId, pence, receipt })
  )
  .on(
    RecordRefund,
    { from: 'returning', emits: PaymentRefunded },
    ({ pence }, { receipt }, { key: rideId }) => PaymentRefunded({ rideId, pence, receipt })
  )
