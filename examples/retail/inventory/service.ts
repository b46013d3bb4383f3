import { service } from 'skerry'
import { inventory } from './contract.ts'
import { reservation } from './reservation.ts'
import { reservations } from './reservations.ts'
import { stock } from './stock.ts'
import { stockItem } from './stock-item.ts'
import { stockKeeper } from './stock-keeper.ts'

/** What lies in the warehouse, and which order it is kept for. */
export const inventoryService = service(inventory, [stockItem, reservation, stockKeeper, stock, reservations])
