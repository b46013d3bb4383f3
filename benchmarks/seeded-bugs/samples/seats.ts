import { contract, processManager, projection, refuse, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const hall = contract('hall')
const Hold = z.object({ bookingId: z.string() })
const SeatOf = Hold.extend({ seat: z.string() })
const HoldSeat = hall.command('HoldSeat', Hold)
const FreeSeat = hall.command('FreeSeat', Hold)
const SellSeat = hall.command('SellSeat', Hold)
const SeatHeld = hall.event('SeatHeld', SeatOf)
const SeatFreed = hall.event('SeatFreed', SeatOf)
const SeatSold = hall.event('SeatSold', SeatOf)

const office = contract('office')
const BookSeat = office.command('BookSeat', z.object({ seat: z.string() }))
const PayBooking = office.command('PayBooking', z.object({}))
const LapseBooking = office.command('LapseBooking', z.object({}), { internal: true })
const SeatBooked = office.event('SeatBooked', SeatOf)
const BookingPaid = office.event('BookingPaid', Hold)
const BookingLapsed = office.event('BookingLapsed', Hold)

type Seat = { status: 'free' } | { status: 'held' | 'sold'; bookingId: string }

const seat = stateMachine<Seat>('seat', { status: 'free' })
  .evolve(SeatHeld, { from: 'free', to: 'held' }, (_, { bookingId }) => ({ status: 'held', bookingId }))
  .evolve(SeatFreed, { from: 'held', to: 'free' }, () => ({ status: 'free' }))
  .evolve(SeatSold, { from: 'held', to: 'sold' }, (_, { bookingId }) => ({ status: 'sold', bookingId }))
  .on(HoldSeat, { from: 'free', emits: SeatHeld }, (_, { bookingId }, { key }) =>
    SeatHeld({ bookingId, seat: key })
  )
  .on(FreeSeat, { from: 'held', emits: SeatFreed }, (held, { bookingId }, { key }) =>
    held.bookingId === bookingId
      ? SeatFreed({ bookingId, seat: key })
      : refuse('not-yours', `${key} is held for somebody else.`)
  )
  .on(SellSeat, { from: 'held', emits: SeatSold }, (held, { bookingId }, { key }) =>
    held.bookingId === bookingId
      ? SeatSold({ bookingId, seat: key })
      : refuse('not-yours', `${key} is held for somebody else.`)
  )

const seatMap = projection<{ state: string; by: string }>('seat-map')
  .on(
    SeatHeld,
    ({ seat }) => seat,
    (_, { bookingId }) => ({ state: 'held', by: bookingId })
  )
  .on(
    SeatSold,
    ({ seat }) => seat,
    (_, { bookingId }) => ({ state: 'sold', by: bookingId })
  )
  .on(
    SeatFreed,
    ({ seat }) => seat,
    () => null
  )

type Booking = { status: 'new' | 'booked' | 'paid' | 'lapsed' }

const booking = stateMachine<Booking>('booking', { status: 'new' })
  .evolve(SeatBooked, { from: 'new', to: 'booked' }, () => ({ status: 'booked' }))
  .evolve(BookingPaid, { from: 'booked', to: 'paid' }, () => ({ status: 'paid' }))
  .evolve(BookingLapsed, { from: 'booked', to: 'lapsed' }, () => ({ status: 'lapsed' }))
  .on(BookSeat, { from: 'new', emits: SeatBooked }, (_, { seat }, { key }) =>
    SeatBooked({ bookingId: key, seat })
  )
  .on(PayBooking, { from: 'booked', emits: BookingPaid }, (_, __, { key }) => BookingPaid({ bookingId: key }))
  .on(LapseBooking, { from: 'booked', emits: BookingLapsed }, (_, __, { key }) =>
    BookingLapsed({ bookingId: key })
  )

const byBooking = ({ bookingId }: { bookingId: string }) => bookingId

const sale = processManager('sale')
  .startsWith(SeatBooked, byBooking)
  .step('hold', (step) =>
    step
      .send(({ seat, bookingId }) => HoldSeat.for(seat, { bookingId }))
      .doneBy(SeatHeld, byBooking)
      .undo(({ seat, bookingId }) => FreeSeat.for(seat, { bookingId }))
  )
  .step('payment', (step) => step.doneBy(BookingPaid, byBooking).stays().timeout({ minutes: 15 }))
  .completes(({ seat, bookingId }) => SellSeat.for(seat, { bookingId }))
  .fails(({ bookingId }) => LapseBooking.for(bookingId, {}))

const seats = ['a-1', 'a-2', 'b-1'] as const

export const simulation = defineSimulation({
  system: () => system('seats', [service(hall, [seat, seatMap]), service(office, [booking, sale])]),
  workload: (random) =>
    upTo(3 + random.below(6)).flatMap((number) => {
      const key = `b-${number}`
      const atMs = random.below(2_000)
      const book = sent(BookSeat.for(key, { seat: random.pick(seats) }), atMs)
      return random.chance(0.6) ? [book, sent(PayBooking.for(key, {}), atMs + random.below(500))] : [book]
    }),
  invariants: [
    invariant('in the end a seat is free or sold', ({ states }) => {
      const held = states<Seat>('hall/seat').find(({ value }) => value.status === 'held')
      return held === undefined || `${held.key} is held for ever.`
    }),
    invariant('the seat map shows what was sold', ({ states, rows }) => {
      const sold = states<Seat>('hall/seat').filter(({ value }) => value.status === 'sold').length
      const shown = rows<{ state: string }>('hall/seat-map').length
      return sold === shown || `${sold} seats are sold, the map shows ${shown}.`
    })
  ]
})
