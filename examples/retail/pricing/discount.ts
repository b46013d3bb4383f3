import { type DataOf, projection } from 'skerry'
import { CustomerBilled, CustomerRefunded } from '../billing/contract.ts'
import { Discount } from './contract.ts'
import { tierOf } from './price-formula.ts'

type Row = DataOf<typeof Discount>

function earned(row: Row, customerId: string, by: { billed?: number; refunded?: number }): Row {
  const billedPence = row.billedPence + (by.billed ?? 0)
  const refundedPence = row.refundedPence + (by.refunded ?? 0)
  return { customerId, billedPence, refundedPence, ...tierOf(billedPence - refundedPence) }
}

/** The tier that each customer has earned by what they paid, refunds taken off. */
export const discount = projection(Discount, {
  initial: { customerId: '', billedPence: 0, refundedPence: 0, ...tierOf(0) },
  indexes: ['tier', 'billedPence']
})
  .on(
    CustomerBilled,
    { key: ({ customerId }) => customerId, reads: ['customerId', 'pence'] },
    (row, { customerId, pence }) => earned(row, customerId, { billed: pence })
  )
  .on(
    CustomerRefunded,
    { key: ({ customerId }) => customerId, reads: ['customerId', 'pence'] },
    (row, { customerId, pence }) => earned(row, customerId, { refunded: pence })
  )
