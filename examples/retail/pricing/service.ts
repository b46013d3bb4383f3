import { service } from 'skerry'
import { pricing } from './contract.ts'
import { discount } from './discount.ts'
import { price } from './price.ts'

/** The single answer to what something costs, from pricing's own copies of what the others said. */
export const pricingService = service(pricing, [price, discount])
