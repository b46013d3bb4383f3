import { actor, contract, projection, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { sent, upTo } from '../outside/sent.ts'

const depot = contract('depot')
const ById = z.object({ parcelId: z.string() })
const Accept = depot.command('Accept', z.object({ street: z.string() }))
const HandOver = depot.command('HandOver', z.object({}))
const Return = depot.command('Return', z.object({}))
const ParcelAccepted = depot.event('ParcelAccepted', ById.extend({ street: z.string() }))
const ParcelHandedOver = depot.event('ParcelHandedOver', ById)
const ParcelReturned = depot.event('ParcelReturned', ById)

const vans = contract('vans')
const Load = vans.command('Load', z.object({ street: z.string() }))
const Deliver = vans.command('Deliver', z.object({ isAtHome: z.boolean() }))
const ParcelLoaded = vans.event('ParcelLoaded', ById.extend({ attempt: z.int() }))
const ParcelDelivered = vans.event('ParcelDelivered', ById)
const DeliveryFailed = vans.event('DeliveryFailed', ById.extend({ attempt: z.int(), isLast: z.boolean() }))

type Parcel = { status: 'new' | 'accepted' | 'gone' | 'returned' }

const parcel = stateMachine<Parcel>('parcel', { status: 'new' })
  .evolve(ParcelAccepted, { from: 'new', to: 'accepted' }, () => ({ status: 'accepted' }))
  .evolve(ParcelHandedOver, { from: 'accepted', to: 'gone' }, () => ({ status: 'gone' }))
  .evolve(ParcelReturned, { from: 'accepted', to: 'returned' }, () => ({ status: 'returned' }))
  .on(Accept, { from: 'new', emits: ParcelAccepted }, (_, { street }, { key: parcelId }) =>
    ParcelAccepted({ parcelId, street })
  )
  .on(HandOver, { from: 'accepted', emits: ParcelHandedOver }, (_, __, { key: parcelId }) =>
    ParcelHandedOver({ parcelId })
  )
  .on(Return, { from: 'accepted', emits: ParcelReturned }, (_, __, { key: parcelId }) =>
    ParcelReturned({ parcelId })
  )

const attemptsMax = 3

type Tour =
  | { status: 'none' | 'over'; attempts: number }
  | { status: 'loaded'; attempts: number; street: string }

const tour = stateMachine<Tour>('tour', { status: 'none', attempts: 0 })
  .evolve(ParcelLoaded, { from: 'none', to: 'loaded' }, (_, { attempt }) => ({
    status: 'loaded',
    attempts: attempt,
    street: ''
  }))
  .evolve(ParcelDelivered, { from: 'loaded', to: 'over' }, ({ attempts }) => ({ status: 'over', attempts }))
  .evolve(DeliveryFailed, { from: 'loaded', to: ['none', 'over'] }, ({ attempts }, { isLast }) => ({
    status: isLast ? 'over' : 'none',
    attempts
  }))
  .on(Load, { from: 'none', emits: ParcelLoaded }, ({ attempts }, _, { key: parcelId }) =>
    ParcelLoaded({ parcelId, attempt: attempts + 1 })
  )
  .on(
    Deliver,
    { from: 'loaded', emits: [ParcelDelivered, DeliveryFailed] },
    ({ attempts }, { isAtHome }, { key: parcelId }) =>
      isAtHome
        ? ParcelDelivered({ parcelId })
        : DeliveryFailed({ parcelId, attempt: attempts, isLast: attempts >= attemptsMax })
  )

/** The driver rings at once; whoever lives at number 13 is never at home. */
const driver = actor('driver').on(ParcelLoaded, ({ parcelId }) =>
  Deliver.for(parcelId, { isAtHome: !parcelId.endsWith('-13') })
)

const dispatcher = actor('dispatcher')
  .on(ParcelAccepted, ({ parcelId, street }) => Load.for(parcelId, { street }))
  .on(DeliveryFailed, ({ parcelId, isLast }) =>
    isLast ? Return.for(parcelId, {}) : Load.for(parcelId, { street: '' })
  )
  .on(ParcelDelivered, ({ parcelId }) => HandOver.for(parcelId, {}))

type Row = { accepted: boolean; attempts: number; end: string }

const byParcel = ({ parcelId }: { parcelId: string }) => parcelId

const tracking = projection<Row>('tracking', { initial: { accepted: false, attempts: 0, end: '' } })
  .on(ParcelAccepted, byParcel, (row) => ({ ...row, accepted: true }))
  .on(ParcelLoaded, byParcel, (row, { attempt }) => ({ ...row, attempts: attempt }))
  .on(ParcelHandedOver, byParcel, (row) => ({ ...row, end: 'delivered' }))
  .on(ParcelReturned, byParcel, (row) => ({ ...row, end: 'returned' }))

export const simulation = defineSimulation({
  system: () =>
    system('parcels', [service(depot, [parcel, dispatcher, tracking]), service(vans, [tour, driver])]),
  workload: (random) =>
    upTo(3 + random.below(8)).map((number) =>
      sent(
        Accept.for(`p-${random.chance(0.3) ? 13 : number}`, { street: 'High Street' }),
        random.below(2_000)
      )
    ),
  invariants: [
    invariant('every parcel is delivered or comes back', ({ states }) => {
      const lost = states<Parcel>('depot/parcel').find(({ value }) => value.status === 'accepted')
      return lost === undefined || `${lost.key} is neither.`
    }),
    invariant('tracking shows how it ended', ({ states, rows }) => {
      const ended = states<Parcel>('depot/parcel').length
      const shown = rows<Row>('depot/tracking').filter(({ value }) => value.end !== '').length
      return ended === shown || `${ended} have ended, ${shown} are shown.`
    })
  ]
})
