import { projection } from 'skerry'
import { BikeAdded, BikeReleased, BikeReserved, BikeReturned, Bikes } from './contract.ts'

type About = { bikeId: string; station: string }

const byBike = ({ bikeId }: About) => bikeId
const free = (_: unknown, { station }: About) => ({ station, free: true })

/** One row a bike; one may ask by station, or for those that are free. */
export const bikes = projection(Bikes, { indexes: ['station', 'free'] })
  .on(BikeAdded, byBike, free)
  .on(BikeReserved, byBike, (_, { station }) => ({ station, free: false }))
  .on(BikeReleased, byBike, free)
  .on(BikeReturned, byBike, free)
