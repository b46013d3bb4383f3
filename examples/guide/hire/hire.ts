import { type SystemDefinition, system } from 'skerry'
import { fleetService } from './fleet/service.ts'
import type { Bank } from './payments/bank.ts'
import { paymentsService } from './payments/service.ts'
import { ridesService } from './rides/service.ts'

export function hire(bank: Bank): SystemDefinition {
  return system('hire', [fleetService, ridesService, paymentsService(bank)])
}
