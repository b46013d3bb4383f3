import { actor, contract, processManager, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { CardBank } from '../outside/card-bank.ts'
import { sent, upTo } from '../outside/sent.ts'

const hotel = contract('hotel')
const Night = z.object({ tripId: z.string(), room: z.string() })
const ReserveRoom = hotel.command('ReserveRoom', z.object({ tripId: z.string() }))
const ReleaseRoom = hotel.command('ReleaseRoom', z.object({ tripId: z.string() }))
const RoomReserved = hotel.event('RoomReserved', Night)
const RoomReleased = hotel.event('RoomReleased', Night)

const payments = contract('payments')
const Request = z.object({ tripId: z.string(), card: z.string(), pence: z.int() })
const Taken = z.object({ tripId: z.string(), receipt: z.string(), pence: z.int() })
const TakePayment = payments.command('TakePayment', Request.omit({ tripId: true }))
const RefundPayment = payments.command('RefundPayment', z.object({}))
const RecordPayment = payments.command('RecordPayment', z.object({ receipt: z.string() }), { internal: true })
const RecordDecline = payments.command('RecordDecline', z.object({}), { internal: true })
const PaymentRequested = payments.event('PaymentRequested', Request)
const PaymentTaken = payments.event('PaymentTaken', Taken)
const PaymentDeclined = payments.event('PaymentDeclined', z.object({ tripId: z.string() }))
const PaymentReturned = payments.event('PaymentReturned', Taken)

const trips = contract('trips')
const Trip = z.object({ tripId: z.string(), room: z.string(), card: z.string() })
const BookTrip = trips.command('BookTrip', Trip.omit({ tripId: true }))
const CancelTrip = trips.command('CancelTrip', z.object({}))
const ConfirmTrip = trips.command('ConfirmTrip', z.object({}))
const TripBooked = trips.event('TripBooked', Trip)
const TripCancelled = trips.event('TripCancelled', z.object({ tripId: z.string() }))
const TripConfirmed = trips.event('TripConfirmed', z.object({ tripId: z.string() }))

const room = stateMachine<{ status: 'free' } | { status: 'reserved'; tripId: string }>('room', {
  status: 'free'
})
  .evolve(RoomReserved, { from: 'free', to: 'reserved' }, (_, { tripId }) => ({ status: 'reserved', tripId }))
  .evolve(RoomReleased, { from: 'reserved', to: 'free' }, () => ({ status: 'free' }))
  .on(ReserveRoom, { from: 'free', emits: RoomReserved }, (_, { tripId }, { key }) =>
    RoomReserved({ tripId, room: key })
  )
  .on(ReleaseRoom, { from: 'reserved', emits: RoomReleased }, ({ tripId }, _, { key }) =>
    RoomReleased({ tripId, room: key })
  )

type Payment =
  | { status: 'new' | 'declined' | 'returned' }
  | { status: 'requested'; pence: number }
  | { status: 'taken'; pence: number; receipt: string }

const payment = stateMachine<Payment>('payment', { status: 'new' })
  .evolve(PaymentRequested, { from: 'new', to: 'requested' }, (_, { pence }) => ({
    status: 'requested',
    pence
  }))
  .evolve(PaymentTaken, { from: 'requested', to: 'taken' }, (_, { pence, receipt }) => ({
    status: 'taken',
    pence,
    receipt
  }))
  .evolve(PaymentDeclined, { from: 'requested', to: 'declined' }, () => ({ status: 'declined' }))
  .evolve(PaymentReturned, { from: 'taken', to: 'returned' }, () => ({ status: 'returned' }))
  .on(TakePayment, { from: 'new', emits: PaymentRequested }, (_, ask, { key: tripId }) =>
    PaymentRequested({ tripId, ...ask })
  )
  .on(RecordPayment, { from: 'requested', emits: PaymentTaken }, ({ pence }, { receipt }, { key: tripId }) =>
    PaymentTaken({ tripId, receipt, pence })
  )
  .on(RecordDecline, { from: 'requested', emits: PaymentDeclined }, (_, __, { key: tripId }) =>
    PaymentDeclined({ tripId })
  )
  .on(RefundPayment, { from: 'taken', emits: PaymentReturned }, ({ receipt, pence }, _, { key: tripId }) =>
    PaymentReturned({ tripId, receipt, pence })
  )

const cardDesk = (bank: CardBank) =>
  actor('card-desk')
    .effect(PaymentRequested, {}, async ({ tripId, card, pence }, { idempotencyKey }) => {
      const verdict = await bank.charge({ card, pence, idempotencyKey })
      if ('declined' in verdict) return RecordDecline.for(tripId, {})
      return RecordPayment.for(tripId, { receipt: verdict.receipt })
    })
    .effect(PaymentReturned, {}, async ({ receipt, pence }, { idempotencyKey }) => {
      await bank.refund(receipt, pence, idempotencyKey)
      return undefined
    })

type TripState = { status: 'new' | 'booked' | 'cancelled' | 'confirmed' }

const trip = stateMachine<TripState>('trip', { status: 'new' })
  .evolve(TripBooked, { from: 'new', to: 'booked' }, () => ({ status: 'booked' }))
  .evolve(TripCancelled, { from: 'booked', to: 'cancelled' }, () => ({ status: 'cancelled' }))
  .evolve(TripConfirmed, { from: 'booked', to: 'confirmed' }, () => ({ status: 'confirmed' }))
  .on(BookTrip, { from: 'new', emits: TripBooked }, (_, wish, { key: tripId }) =>
    TripBooked({ tripId, ...wish })
  )
  .on(CancelTrip, { from: 'booked', emits: TripCancelled }, (_, __, { key: tripId }) =>
    TripCancelled({ tripId })
  )
  .on(ConfirmTrip, { from: 'booked', emits: TripConfirmed }, (_, __, { key: tripId }) =>
    TripConfirmed({ tripId })
  )

const pence = 300
const byTrip = ({ tripId }: { tripId: string }) => tripId

const booking = processManager('booking')
  .startsWith(TripBooked, byTrip)
  .step('room', (step) =>
    step
      .send((wish) => ReserveRoom.for(wish.room, { tripId: wish.tripId }))
      .doneBy(RoomReserved, byTrip)
      .undo((wish) => ReleaseRoom.for(wish.room, { tripId: wish.tripId }))
  )
  .step('pay', (step) =>
    step
      .after('room')
      .send(({ tripId, card }) => TakePayment.for(tripId, { card, pence }))
      .doneBy(PaymentTaken, byTrip)
      .failedBy(PaymentDeclined, byTrip)
      .undo(({ tripId }) => RefundPayment.for(tripId, {}))
      .timeout({ hours: 1 })
  )
  .step('confirm', (step) =>
    step
      .after('pay')
      .send(({ tripId }) => ConfirmTrip.for(tripId, {}))
      .doneBy(TripConfirmed, byTrip)
      .stays()
  )
  .cancelledBy(TripCancelled, byTrip)
  .fails(({ tripId }, { why }) => (why === 'cancelled' ? [] : CancelTrip.for(tripId, {})))

type World = { bank: CardBank }

export const simulation = defineSimulation<World>({
  outside: () => ({ bank: new CardBank() }),
  system: ({ bank }) =>
    system('trips', [
      service(hotel, [room]),
      service(payments, [payment, cardDesk(bank)]),
      service(trips, [trip, booking])
    ]),
  workload: (random) =>
    upTo(3 + random.below(8)).flatMap((number) => {
      const atMs = random.below(2_000)
      const wish = { room: `room-${random.below(6)}`, card: random.pick(['4000', '5000', '6000-empty']) }
      const book = sent(BookTrip.for(`t-${number}`, wish), atMs)
      const cancel = sent(CancelTrip.for(`t-${number}`, {}), atMs + random.below(300))
      return random.chance(0.4) ? [book, cancel] : [book]
    }),
  invariants: [
    invariant('a room is reserved for a confirmed trip and for no other', ({ states }) => {
      const reserved = states<{ status: string }>('hotel/room').filter(
        ({ value }) => value.status === 'reserved'
      )
      const confirmed = states<TripState>('trips/trip').filter(({ value }) => value.status === 'confirmed')
      return reserved.length === confirmed.length || `${reserved.length} rooms, ${confirmed.length} trips.`
    }),
    invariant<World>('the bank has taken the price of each confirmed trip once', ({ states, outside }) => {
      const confirmed = states<TripState>('trips/trip').filter(({ value }) => value.status === 'confirmed')
      const due = confirmed.length * pence
      return outside.bank.takenPence === due || `It has ${outside.bank.takenPence} pence of ${due}.`
    })
  ]
})
