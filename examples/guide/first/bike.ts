import { refuse, stateMachine } from 'skerry'
import { AddBike, BikeAdded, BikeRented, BikeReturned, RentBike, ReturnBike } from './contract.ts'

type Bike = { status: 'new' } | { status: 'free'; station: string } | { status: 'rented'; riderId: string }

export const bike = stateMachine<Bike>('bike', { status: 'new' })
  .evolve(BikeAdded, { from: 'new', to: 'free' }, (_, { station }) => ({ status: 'free', station }))
  .evolve(BikeRented, { from: 'free', to: 'rented' }, (_, { riderId }) => ({ status: 'rented', riderId }))
  .evolve(BikeReturned, { from: 'rented', to: 'free' }, (_, { station }) => ({ status: 'free', station }))
  .on(AddBike, { from: 'new', emits: BikeAdded }, (_, { station }, { key: bikeId }) =>
    BikeAdded({ bikeId, station })
  )
  .on(RentBike, { from: 'free', emits: BikeRented }, (_, { riderId }, { key: bikeId }) =>
    BikeRented({ bikeId, riderId })
  )
  .on(ReturnBike, { from: 'rented', emits: BikeReturned }, (rented, { riderId, station }, { key: bikeId }) =>
    rented.riderId === riderId
      ? BikeReturned({ bikeId, station })
      : refuse('not-yours', `Somebody else has ${bikeId}.`)
  )
