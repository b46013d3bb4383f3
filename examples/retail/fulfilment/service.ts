import { service } from 'skerry'
import { fulfilment } from './contract.ts'
import { orderFulfilment } from './order-fulfilment.ts'

/** Brings orders from accepted to ready, or takes back all that was done for them. */
export const fulfilmentService = service(fulfilment, [orderFulfilment])
