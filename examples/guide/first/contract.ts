import { contract } from 'skerry'
import { z } from 'zod'

export const fleet = contract('fleet')

export const AddBike = fleet.command('AddBike', z.object({ station: z.string() }))
export const RentBike = fleet.command('RentBike', z.object({ riderId: z.string() }))
export const ReturnBike = fleet.command('ReturnBike', z.object({ riderId: z.string(), station: z.string() }))

export const BikeAdded = fleet.event('BikeAdded', z.object({ bikeId: z.string(), station: z.string() }))
export const BikeRented = fleet.event('BikeRented', z.object({ bikeId: z.string(), riderId: z.string() }))
export const BikeReturned = fleet.event('BikeReturned', z.object({ bikeId: z.string(), station: z.string() }))
