import { contract } from 'skerry'
import { z } from 'zod'

export const workshop = contract('workshop')

/** How often each bike was out. */
export const BikeUse = workshop.query('bike-use', z.object({ rides: z.int(), station: z.string() }))
