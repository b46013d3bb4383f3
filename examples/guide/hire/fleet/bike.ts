import { refuse, stateMachine } from 'skerry'
import {
  AddBike,
  BikeAdded,
  BikeReleased,
  BikeReserved,
  BikeReturned,
  ReleaseBike,
  ReserveBike,
  ReturnBike
} from './contract.ts'

type Bike =
  | { status: 'new' }
  | { status: 'free'; station: string }
  | { status: 'reserved'; station: string; rideId: string }

/** One bike, by its id. Two riders cannot have it: the one whose command is decided first gets it. */
export const bike = stateMachine<Bike>('bike', { status: 'new' })
  // #region evolve
  .evolve(BikeAdded, { from: 'new', to: 'free' }, (_, { station }) => ({ status: 'free', station }))
  .evolve(BikeReserved, { from: 'free', to: 'reserved' }, ({ station }, { rideId }) => ({
    status: 'reserved',
    station,
    rideId
  }))
  .evolve(BikeReleased, { from: 'reserved', to: 'free' }, ({ station }) => ({ status: 'free', station }))
  .evolve(BikeReturned, { from: 'reserved', to: 'free' }, (_, { station }) => ({ status: 'free', station }))
  // #endregion
  // #region on
  .on(AddBike, { from: 'new', emits: BikeAdded }, (_, { station }, { key: bikeId }) =>
    BikeAdded({ bikeId, station })
  )
  .on(ReserveBike, { from: 'free', emits: BikeReserved }, ({ station }, { rideId }, { key: bikeId }) =>
    BikeReserved({ rideId, bikeId, station })
  )
  .on(ReleaseBike, { from: 'reserved', emits: BikeReleased }, (current, { rideId }, { key: bikeId }) =>
    current.rideId === rideId
      ? BikeReleased({ rideId, bikeId, station: current.station })
      : refuse('not-yours', `Another ride has ${bikeId}.`)
  )
  .on(ReturnBike, { from: 'reserved', emits: BikeReturned }, ({ rideId }, { station }, { key: bikeId }) =>
    BikeReturned({ rideId, bikeId, station })
  )
// #endregion
