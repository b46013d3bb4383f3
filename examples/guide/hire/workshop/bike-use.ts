import { projection } from 'skerry'
import { BikeAdded, BikeReturned } from '../fleet/contract.ts'
import { BikeUse } from './contract.ts'

const byBike = ({ bikeId }: { bikeId: string }) => bikeId

export const bikeUse = projection(BikeUse, { initial: { rides: 0, station: '' }, indexes: ['rides'] })
  .on(BikeAdded, byBike, (row, { station }) => ({ ...row, station }))
  .on(BikeReturned, byBike, ({ rides }, { station }) => ({ rides: rides + 1, station }))
