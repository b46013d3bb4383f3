import { service } from 'skerry'
import { bike } from './bike.ts'
import { bikes } from './bikes.ts'
import { fleet } from './contract.ts'

export const fleetService = service(fleet, [bike, bikes])
