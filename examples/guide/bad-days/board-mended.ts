import { contract, projection, service } from 'skerry'
import { BikeAdded, BikeMoved } from './fleet.ts'
import { BikeMended, FaultReported } from './repairs.ts'

type Row = { station: string; rentable: boolean }
const byBike = ({ bikeId }: { bikeId: string }) => bikeId

/** What stands where, and whether it can be rented: from the events of two services. */
const bikes = projection<Row>('bikes', { initial: { station: '', rentable: true }, indexes: ['station'] })
  // #region mended
  .on(BikeAdded, byBike, (row, { station }) => ({ ...row, station }))
  // #endregion
  .on(BikeMoved, byBike, (row, { station }) => ({ ...row, station }))
  .on(FaultReported, byBike, (row) => ({ ...row, rentable: false }))
  .on(BikeMended, byBike, (row) => ({ ...row, rentable: true }))

export const boardService = service(contract('board'), [bikes])
