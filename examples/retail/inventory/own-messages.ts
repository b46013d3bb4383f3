import { z } from 'zod'
import { inventory } from './contract.ts'

// What reservations and stock items tell each other: no other service sends or hears these.

const stockCode = z.string().min(1)
const quantity = z.int().min(1)
const orderId = z.string()
const ForOrder = z.object({ orderId, quantity })
const Held = z.object({ stockCode, orderId, quantity })

export const ReservationRequested = inventory.event(
  'ReservationRequested',
  z.object({ orderId, items: z.array(z.object({ stockCode, quantity })).min(1) })
)
export const HoldRecorded = inventory.event(
  'HoldRecorded',
  z.object({ orderId, stockCode, available: z.int() })
)
export const UnitsHeld = inventory.event('UnitsHeld', Held)
export const UnitsShort = inventory.event('UnitsShort', Held.extend({ available: z.int() }))
export const UnitsFreed = inventory.event('UnitsFreed', Held)
export const UnitsTaken = inventory.event('UnitsTaken', Held)

/** Key: the stock code. Answered by UnitsHeld or UnitsShort. */
export const HoldUnits = inventory.command('HoldUnits', ForOrder, { internal: true })
export const FreeUnits = inventory.command('FreeUnits', ForOrder, { internal: true })
export const TakeUnits = inventory.command('TakeUnits', ForOrder, { internal: true })
export const RestockUnits = inventory.command('RestockUnits', z.object({ quantity }), { internal: true })
/** Key: the order's id. `available` is what was there to be held; less than wanted when it was too little. */
export const RecordHold = inventory.command(
  'RecordHold',
  z.object({ stockCode, available: z.int().min(0) }),
  { internal: true }
)
export const CollectStock = inventory.command('CollectStock', z.object({}), { internal: true })
