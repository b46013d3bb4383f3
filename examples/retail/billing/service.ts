import { type ServiceDefinition, service } from 'skerry'
import { cardDesk, type PaymentOptions } from './card-desk.ts'
import { charge } from './charge.ts'
import { billing } from './contract.ts'
import { accountTotals, customerAccount } from './customer-account.ts'
import { invoices } from './invoices.ts'
import { refund } from './refund.ts'
import { refundDesk } from './refund-desk.ts'
import { reversalDesk } from './reversal-desk.ts'

/** What customers paid, are owed, and got back. Needs somebody who moves the money. */
export function billingService(payments: PaymentOptions): ServiceDefinition {
  return service(billing, [
    charge,
    refund,
    cardDesk(payments),
    reversalDesk(payments),
    refundDesk,
    customerAccount,
    accountTotals,
    invoices
  ])
}
