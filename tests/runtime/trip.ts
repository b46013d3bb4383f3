import { z } from 'zod'
import {
  contract,
  processManager,
  refuse,
  type SystemDefinition,
  service,
  stateMachine,
  system
} from '../../src/index.ts'

const trips = contract('trips')
const TripAsked = trips.event('TripAsked', z.object({ full: z.array(z.string()) }))
const TripFailed = trips.event('TripFailed', z.object({ trip: z.string() }))
const TripBooked = trips.event('TripBooked', z.object({ trip: z.string() }))
const AskTrip = trips.command('AskTrip', z.object({ full: z.array(z.string()) }))

const seats = contract('seats')
const Part = z.object({ trip: z.string(), part: z.string() })
const Booked = seats.event('Booked', Part)
const Returned = seats.event('Returned', Part)
const Book = seats.command('Book', z.object({ ...Part.shape, full: z.boolean() }))
const Return = seats.command('Return', Part)

type Trip = { readonly status: 'new' | 'asked' }
type Seat = { readonly status: 'free' | 'booked' | 'returned' }

const trip = stateMachine<Trip>('trip', { status: 'new' })
  .evolve(TripAsked, { from: 'new', to: 'asked' }, () => ({ status: 'asked' }))
  .on(AskTrip, { from: 'new', emits: TripAsked }, (_, c) => TripAsked(c))

const seat = stateMachine<Seat>('seat', { status: 'free' })
  .evolve(Booked, { from: 'free', to: 'booked' }, () => ({ status: 'booked' }))
  .evolve(Returned, { from: 'booked', to: 'returned' }, () => ({ status: 'returned' }))
  .on(Book, { from: 'free', emits: Booked }, (_, { full, ...part }) =>
    full ? refuse('full', 'There is no seat.') : Booked(part)
  )
  .on(Return, { from: 'booked', emits: Returned }, (_, c) => Returned(c))

const seatOf = (name: string, part: string): string => `${name}/${part}`
const answers =
  (part: string) =>
  (e: { trip: string; part: string }, { key }: { key: string }) =>
    key === seatOf(e.trip, part) ? e.trip : `${e.trip}/not-${part}`

function itinerary(confirmed: boolean) {
  const start = processManager('itinerary').startsWith(
    TripAsked,
    (_, { key }) => key,
    ({ full }, { key }) => ({ name: key, full })
  )
  const undoing = <Step extends { undoneBy(event: typeof Returned, key: ReturnType<typeof answers>): Step }>(
    part: string,
    step: Step
  ): Step => (confirmed ? step.undoneBy(Returned, answers(part)) : step)
  return start
    .step('flight', (step) =>
      undoing(
        'flight',
        step
          .send(({ name, full }) =>
            Book.for(seatOf(name, 'flight'), { trip: name, part: 'flight', full: full.includes('flight') })
          )
          .doneBy(Booked, answers('flight'))
          .undo(({ name }) => Return.for(seatOf(name, 'flight'), { trip: name, part: 'flight' }))
      )
    )
    .step('hotel', (step) =>
      undoing(
        'hotel',
        step
          .after('flight')
          .send(({ name, full }) =>
            Book.for(seatOf(name, 'hotel'), { trip: name, part: 'hotel', full: full.includes('hotel') })
          )
          .doneBy(Booked, answers('hotel'))
          .undo(({ name }) => Return.for(seatOf(name, 'hotel'), { trip: name, part: 'hotel' }))
      )
    )
    .step('car', (step) =>
      undoing(
        'car',
        step
          .after('hotel')
          .send(({ name, full }) =>
            Book.for(seatOf(name, 'car'), { trip: name, part: 'car', full: full.includes('car') })
          )
          .doneBy(Booked, answers('car'))
          .undo(({ name }) => Return.for(seatOf(name, 'car'), { trip: name, part: 'car' }))
      )
    )
    .completes(({ name }) => TripBooked({ trip: name }))
    .fails(({ name }) => TripFailed({ trip: name }))
}

/** Trips of a flight, a hotel and a car, one after the other; `confirmed` waits for each undoing before the next. */
export function travel(confirmed: boolean): SystemDefinition {
  return system('travel', [service(trips, [trip, itinerary(confirmed)]), service(seats, [seat])])
}
