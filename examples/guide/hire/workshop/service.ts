import { service } from 'skerry'
import { bikeUse } from './bike-use.ts'
import { workshop } from './contract.ts'

export const workshopService = service(workshop, [bikeUse])
