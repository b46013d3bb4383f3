import { type ServiceDefinition, service } from 'skerry'
import type { Bank } from './bank.ts'
import { cardDesk } from './card-desk.ts'
import { payments } from './contract.ts'
import { payment } from './payment.ts'

export function paymentsService(bank: Bank): ServiceDefinition {
  return service(payments, [payment, cardDesk(bank)])
}
