import { contract } from 'skerry'
import { z } from 'zod'

export const rides = contract('rides')

export const BookRide = rides.command(
  'BookRide',
  z.object({ bikeId: z.string(), riderId: z.string(), card: z.string() })
)
export const ConfirmRide = rides.command('ConfirmRide', z.object({ receipt: z.string() }))
export const RejectRide = rides.command('RejectRide', z.object({ reason: z.string() }))
export const CancelRide = rides.command('CancelRide', z.object({}))

// #region versions
/** Version 1 had no price: every ride cost 150 pence. */
type RideBookedV1 = { rideId: string; bikeId: string; riderId: string; card: string }

export const RideBooked = rides.event(
  'RideBooked',
  z.object({
    rideId: z.string(),
    bikeId: z.string(),
    riderId: z.string(),
    card: z.string(),
    pence: z.int()
  }),
  { upcast: [(old: RideBookedV1) => ({ ...old, pence: 150 })] }
)
// #endregion
export const RideConfirmed = rides.event(
  'RideConfirmed',
  z.object({ rideId: z.string(), riderId: z.string(), receipt: z.string() })
)
export const RideRejected = rides.event('RideRejected', z.object({ rideId: z.string(), reason: z.string() }))
export const RideCancelled = rides.event('RideCancelled', z.object({ rideId: z.string() }))
