import { projection } from 'skerry'
import { OrderAccepted, OrderLines } from './contract.ts'

/** What was ordered, at the names and prices of the order. */
export const orderLines = projection(OrderLines).on(
  OrderAccepted,
  { key: ({ orderId }) => orderId, reads: ['orderId', 'country', 'lines'] },
  (_, { orderId, country, lines }) => ({ orderId, country, lines })
)
