import { contract, projection, service } from 'skerry'
import { z } from 'zod'
import { InspectionDue } from './inspections.ts'

const workshop = contract('workshop')

/** After which rides each bike was due, in the order in which that was said. */
const ToInspect = workshop.query('to-inspect', z.object({ afterRides: z.array(z.int()) }))

const toInspect = projection(ToInspect, { initial: { afterRides: [] } }).on(
  InspectionDue,
  ({ bikeId }) => bikeId,
  ({ afterRides }, { rides }) => ({ afterRides: [...afterRides, rides] })
)

export const workshopService = service(workshop, [toInspect])
