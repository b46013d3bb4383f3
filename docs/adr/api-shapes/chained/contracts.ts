import { contract } from 'skerry'
import * as schema from '../schemas.ts'

export const sales = contract('sales')
export const OrderAccepted = sales.event('OrderAccepted', schema.Placed)
export const OrderCancelled = sales.event('OrderCancelled', schema.Cancelled)
export const OrderConfirmed = sales.event('OrderConfirmed', schema.ByOrder)
export const PlaceOrder = sales.command('PlaceOrder', schema.PlaceOrder)
export const CancelOrder = sales.command('CancelOrder', schema.Reason)
export const ConfirmOrder = sales.command('ConfirmOrder', schema.Nothing)

export const stock = contract('stock')
export const StockReserved = stock.event('StockReserved', schema.Reserved)
export const OutOfStock = stock.event('OutOfStock', schema.ByOrder)
export const ReserveStock = stock.command('ReserveStock', schema.Units)
export const ReleaseStock = stock.command('ReleaseStock', schema.Reservation)

export const billing = contract('billing')
export const CustomerCharged = billing.event('CustomerCharged', schema.Charged)
export const CardDeclined = billing.event('CardDeclined', schema.ByOrder)
export const ChargeCustomer = billing.command('ChargeCustomer', schema.Pence)
export const RefundCustomer = billing.command('RefundCustomer', schema.Receipt)

export const catalog = contract('catalog')
export const ProductListed = catalog.event('ProductListed', schema.Listed)
export const ProductReturned = catalog.event('ProductReturned', schema.Returned)

export const fulfilment = contract('fulfilment')

export const pricing = contract('pricing')
export const prices = pricing.query('price', schema.Price)
