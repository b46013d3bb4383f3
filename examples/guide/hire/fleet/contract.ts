import { contract } from 'skerry'
import { z } from 'zod'

export const fleet = contract('fleet')

export const AddBike = fleet.command('AddBike', z.object({ station: z.string() }))
export const ReserveBike = fleet.command('ReserveBike', z.object({ rideId: z.string() }))
export const ReleaseBike = fleet.command('ReleaseBike', z.object({ rideId: z.string() }))
export const ReturnBike = fleet.command('ReturnBike', z.object({ station: z.string() }))

const Ride = z.object({ rideId: z.string(), bikeId: z.string(), station: z.string() })

export const BikeAdded = fleet.event('BikeAdded', z.object({ bikeId: z.string(), station: z.string() }))
export const BikeReserved = fleet.event('BikeReserved', Ride)
export const BikeReleased = fleet.event('BikeReleased', Ride)
export const BikeReturned = fleet.event('BikeReturned', Ride)

/** Where each bike is, and whether it can be had. */
export const Bikes = fleet.query('bikes', z.object({ station: z.string(), free: z.boolean() }))
