import { type DataOf, projection } from 'skerry'
import {
  AccountTotals,
  CustomerAccount,
  CustomerBilled,
  CustomerRefunded,
  PaymentDeclined,
  RefundDeclined
} from './contract.ts'

type Money = DataOf<typeof AccountTotals>

/** What each of billing's facts moves. A charge that was reversed was charged and refunded. */
const moves = {
  billed: (row: Money, { pence }: DataOf<typeof CustomerBilled>): Money => ({
    ...row,
    charged: row.charged + pence
  }),
  declined: (row: Money, { reversedPence }: DataOf<typeof PaymentDeclined>): Money => ({
    ...row,
    charged: row.charged + reversedPence,
    refunded: row.refunded + reversedPence
  }),
  refunded: (row: Money, { pence, wasOwed }: DataOf<typeof CustomerRefunded>): Money => ({
    ...row,
    refunded: row.refunded + pence,
    owed: wasOwed ? row.owed - pence : row.owed
  }),
  refundDeclined: (row: Money, { pence, wasOwed }: DataOf<typeof RefundDeclined>): Money => ({
    ...row,
    owed: wasOwed ? row.owed : row.owed + pence
  })
}

const nothing: Money = { charged: 0, refunded: 0, owed: 0 }

/** What was charged and refunded, customer by customer. */
export const customerAccount = projection(CustomerAccount, {
  initial: { customerId: '', ...nothing },
  indexes: ['charged', 'refunded', 'owed']
})
  .on(
    CustomerBilled,
    ({ customerId }) => customerId,
    (row, event) => ({
      ...moves.billed(row, event),
      customerId: event.customerId
    })
  )
  .on(
    PaymentDeclined,
    ({ customerId }) => customerId,
    (row, event) => ({
      ...moves.declined(row, event),
      customerId: event.customerId
    })
  )
  .on(
    CustomerRefunded,
    ({ customerId }) => customerId,
    (row, event) => ({
      ...moves.refunded(row, event),
      customerId: event.customerId
    })
  )
  .on(
    RefundDeclined,
    ({ customerId }) => customerId,
    (row, event) => ({
      ...moves.refundDeclined(row, event),
      customerId: event.customerId
    })
  )

/** What was charged and refunded, all customers together. */
export const accountTotals = projection(AccountTotals, { initial: nothing })
  .on(
    CustomerBilled,
    () => 'all',
    (row, event) => moves.billed(row, event)
  )
  .on(
    PaymentDeclined,
    () => 'all',
    (row, event) => moves.declined(row, event)
  )
  .on(
    CustomerRefunded,
    () => 'all',
    (row, event) => moves.refunded(row, event)
  )
  .on(
    RefundDeclined,
    () => 'all',
    (row, event) => moves.refundDeclined(row, event)
  )
