import { contract, service } from 'skerry'
import { z } from 'zod'

/** What the service written in Python says; here only its contract is known. */
export const inspections = contract('inspections')

/** A bike came back so often that somebody should look at it. */
export const InspectionDue = inspections.event(
  'InspectionDue',
  z.object({ bikeId: z.string(), rides: z.int() })
)

/** It has no parts here: it runs elsewhere, and the system knows its name. */
export const inspectionsService = service(inspections, [])
