import { service } from 'skerry'
import { booking } from './booking.ts'
import { rides } from './contract.ts'
import { ride } from './ride.ts'
import { rideList } from './ride-list.ts'

export const ridesService = service(rides, [ride, booking, rideList])
