import { contract, projection, type ServiceDefinition, service, stateMachine, system } from 'skerry'
import { defineSimulation, invariant } from 'skerry/simulator'
import { z } from 'zod'
import { upTo } from '../outside/sent.ts'

const zones = z.enum(['inner', 'outer'])

type Ride = { status: 'new' } | { status: 'taken'; rider: string; pence: number }

/** The first version: rides were priced in whole pounds, and had no zone. */
function first(): readonly ServiceDefinition[] {
  const rides = contract('rides')
  const Fare = z.object({ rideId: z.string(), rider: z.string(), pounds: z.int() })
  const TakeRide = rides.command('TakeRide', z.object({ rider: z.string(), pounds: z.int() }))
  const RideTaken = rides.event('RideTaken', Fare)
  const ride = stateMachine<Ride>('ride', { status: 'new' })
    .evolve(RideTaken, { from: 'new', to: 'taken' }, (_, { rider, pounds }) => ({
      status: 'taken',
      rider,
      pence: pounds * 100
    }))
    .on(TakeRide, { from: 'new', emits: RideTaken }, (_, wish, { key: rideId }) =>
      RideTaken({ rideId, ...wish })
    )
  const bill = projection<{ pounds: number; rides: number }>('bill', { initial: { pounds: 0, rides: 0 } }).on(
    RideTaken,
    ({ rider }) => rider,
    (row, { pounds }) => ({ pounds: row.pounds + pounds, rides: row.rides + 1 })
  )
  return [service(rides, [ride]), service(contract('bills'), [bill])]
}

type FareV1 = { rideId: string; rider: string; pounds: number }
type FareV2 = { rideId: string; rider: string; pence: number }

/** The third version: pence, and the zone, since version 2 had only the pence. */
function third(): readonly ServiceDefinition[] {
  const rides = contract('rides')
  const Fare = z.object({ rideId: z.string(), rider: z.string(), pence: z.int(), zone: zones })
  const TakeRide = rides.command('TakeRide', z.object({ rider: z.string(), pounds: z.int() }))
  const RideTaken = rides.event('RideTaken', Fare, {
    upcast: [
      ({ pounds, ...fare }: FareV1): FareV2 => ({ ...fare, pence: pounds * 100 }),
      (fare: FareV2) => ({ ...fare, zone: 'inner' as const })
    ]
  })
  const ride = stateMachine<Ride>('ride', { status: 'new' })
    .evolve(RideTaken, { from: 'new', to: 'taken' }, (_, { rider, pence }) => ({
      status: 'taken',
      rider,
      pence
    }))
    .on(TakeRide, { from: 'new', emits: RideTaken }, (_, { rider, pounds }, { key: rideId }) =>
      RideTaken({ rideId, rider, pence: pounds * 100, zone: 'inner' })
    )
  const bill = projection<{ pence: number; rides: number }>('bill', {
    initial: { pence: 0, rides: 0 },
    revision: 2
  }).on(
    RideTaken,
    ({ rider }) => rider,
    (row, { pence }) => ({ pence: row.pence + pence, rides: row.rides + 1 })
  )
  return [service(rides, [ride]), service(contract('bills'), [bill])]
}

export const simulation = defineSimulation({
  system: () => system('rides', first()),
  next: () => system('rides', third()),
  workload: (random) =>
    upTo(5 + random.below(10)).map((number) => {
      const wish = { rider: random.pick(['ann', 'bob']), pounds: 1 + random.below(9) }
      const command = { service: 'rides', type: 'TakeRide', key: `r-${number}`, data: wish }
      return { ...command, atMs: random.below(2_000) }
    }),
  invariants: [
    invariant('every rider is billed what the rides cost', ({ states, rows }) => {
      const rides = states<{ rider: string; pence: number }>('rides/ride').map(({ value }) => value)
      const wrong = rows<{ pounds: number } | { pence: number }>('bills/bill').find(({ key, value }) => {
        const cost = rides.reduce((sum, { rider, pence }) => sum + (rider === key ? pence : 0), 0)
        return cost !== ('pence' in value ? value.pence : value.pounds * 100)
      })
      return wrong === undefined || `${wrong.key} is billed wrongly.`
    })
  ]
})
