import { randomUUID } from 'node:crypto'
import { actor, contract, type ServiceDefinition, service } from 'skerry'
import { FaultReported } from './repairs.ts'

/** Who sells parts. Ordering twice under one key orders once. */
export interface Supplier {
  order(part: string, key: string): Promise<void>
}

// #region service
/** Orders a part for every fault. */
export function partsService(supplier: Supplier): ServiceDefinition {
  const buyer = actor('buyer').effect(FaultReported, { retry: { attempts: 10 } }, async ({ fault }) => {
    await supplier.order(`part for ${fault}`, randomUUID())
    return undefined
  })
  return service(contract('parts'), [buyer])
}
// #endregion
