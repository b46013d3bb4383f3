import { type SystemDefinition, system } from 'skerry'
import type { PaymentOptions } from './billing/card-desk.ts'
import { billingService } from './billing/service.ts'
import { catalogService } from './catalog/service.ts'
import { fulfilmentService } from './fulfilment/service.ts'
import { inventoryService } from './inventory/service.ts'
import type { PostOptions } from './notifications/postman.ts'
import { notificationsService } from './notifications/service.ts'
import { pricingService } from './pricing/service.ts'
import { salesService } from './sales/service.ts'
import { shippingService } from './shipping/service.ts'

/** What the shop needs of the world: somebody who moves money, and somebody who carries mail. */
export interface RetailOptions {
  readonly payments: PaymentOptions
  readonly post: PostOptions
}

/** The whole shop. */
export function retail({ payments, post }: RetailOptions): SystemDefinition {
  return system('retail', [
    catalogService,
    pricingService,
    salesService,
    inventoryService,
    billingService(payments),
    shippingService,
    fulfilmentService,
    notificationsService(post)
  ])
}
