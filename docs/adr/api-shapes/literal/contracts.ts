import * as schema from '../schemas.ts'
import { contract } from './shape.ts'

export const sales = contract('sales', {
  events: { OrderAccepted: schema.Placed, OrderCancelled: schema.Cancelled, OrderConfirmed: schema.ByOrder },
  commands: { PlaceOrder: schema.PlaceOrder, CancelOrder: schema.Reason, ConfirmOrder: schema.Nothing }
})

export const stock = contract('stock', {
  events: { StockReserved: schema.Reserved, OutOfStock: schema.ByOrder },
  commands: { ReserveStock: schema.Units, ReleaseStock: schema.Reservation }
})

export const billing = contract('billing', {
  events: { CustomerCharged: schema.Charged, CardDeclined: schema.ByOrder },
  commands: { ChargeCustomer: schema.Pence, RefundCustomer: schema.Receipt }
})

export const catalog = contract('catalog', {
  events: { ProductListed: schema.Listed, ProductReturned: schema.Returned }
})

export const fulfilment = contract('fulfilment', {})
export const pricing = contract('pricing', {})
