import { contract, service, stateMachine } from 'skerry'
import { z } from 'zod'

const fleet = contract('fleet')

export const AddBike = fleet.command('AddBike', z.object({ station: z.string() }))
export const MoveBike = fleet.command('MoveBike', z.object({ station: z.string() }))

export const BikeAdded = fleet.event('BikeAdded', z.object({ bikeId: z.string(), station: z.string() }))
export const BikeMoved = fleet.event('BikeMoved', z.object({ bikeId: z.string(), station: z.string() }))

type Bike = { status: 'new' } | { status: 'there'; station: string }

const bike = stateMachine<Bike>('bike', { status: 'new' })
  .evolve(BikeAdded, { from: 'new', to: 'there' }, (_, { station }) => ({ status: 'there', station }))
  .evolve(BikeMoved, { from: 'there', to: 'there' }, (_, { station }) => ({ status: 'there', station }))
  .on(AddBike, { from: 'new', emits: BikeAdded }, (_, { station }, { key: bikeId }) =>
    BikeAdded({ bikeId, station })
  )
  .on(MoveBike, { from: 'there', emits: BikeMoved }, (_, { station }, { key: bikeId }) =>
    BikeMoved({ bikeId, station })
  )

export const fleetService = service(fleet, [bike])
