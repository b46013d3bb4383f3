import { projection } from 'skerry'
import { BikeAdded, BikeRented, BikeReturned } from './contract.ts'

const byBike = ({ bikeId }: { bikeId: string }) => bikeId

export const bikes = projection<{ station: string }>('bikes', { indexes: ['station'] })
  .on(BikeAdded, byBike, (_, { station }) => ({ station }))
  .on(BikeRented, byBike, () => ({ station: 'on the road' }))
  .on(BikeReturned, byBike, (_, { station }) => ({ station }))
