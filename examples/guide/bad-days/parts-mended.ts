import { actor, contract, type ServiceDefinition, service } from 'skerry'
import { FaultReported } from './repairs.ts'

/** Who sells parts. Ordering twice under one key orders once. */
export interface Supplier {
  order(part: string, key: string): Promise<void>
}

/** Orders a part for every fault. */
export function partsService(supplier: Supplier): ServiceDefinition {
  // #region mended
  const buyer = actor('buyer').effect(
    FaultReported,
    { retry: { attempts: 10 } },
    async ({ fault }, { idempotencyKey }) => {
      await supplier.order(`part for ${fault}`, idempotencyKey)
      return undefined
    }
  )
  // #endregion
  return service(contract('parts'), [buyer])
}
