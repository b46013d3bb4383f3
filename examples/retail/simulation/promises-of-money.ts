import type { DataOf } from 'skerry'
import { type Invariant, invariant } from 'skerry/simulator'
import type { AccountTotals, CustomerBilled, CustomerRefunded, Invoices } from '../billing/contract.ts'
import type { Discount } from '../pricing/contract.ts'
import type { Moved } from './bank.ts'
import { differs, firstOf, isSent, ordersOf, owedIn, rowsOf, saidBy, sumOf, type Town } from './town.ts'

const penceOf = (movements: Iterable<Moved>): number => sumOf([...movements].map(({ pence }) => pence))

/** The movements for something, by what both sides call it. */
function byReference(movements: ReadonlyMap<string, Moved>): (reference: string) => readonly Moved[] {
  const found = new Map<string, Moved[]>()
  for (const moved of movements.values())
    found.set(moved.reference, [...(found.get(moved.reference) ?? []), moved])
  return (reference) => found.get(reference) ?? []
}

/** What must be true of money. */
export const promisesOfMoney: readonly Invariant<Town>[] = [
  invariant('the books say what the bank has moved', (view) => {
    const { charges, refunds } = view.outside.bank
    const books = rowsOf<DataOf<typeof AccountTotals>>(view, 'billing/account-totals').get('all')
    const { charged = 0, refunded = 0, owed = 0 } = books ?? {}
    return firstOf([
      differs('charged', charged, penceOf(charges.values())),
      differs('refunded', refunded, penceOf(refunds.values())),
      differs('owed', owed, sumOf(owedIn(view).values()))
    ])
  }),

  invariant('no order is charged twice, or for anything but its price', (view) => {
    const chargesFor = byReference(view.outside.bank.charges)
    return firstOf(
      ordersOf(view).map(({ facts: { orderId, totalPence } }) => {
        const charged = chargesFor(orderId).map(({ pence }) => pence)
        const isRight = charged.length === 0 || (charged.length === 1 && charged[0] === totalPence)
        return isRight ? undefined : `${orderId} of ${totalPence} was charged ${charged.join(' and ')}`
      })
    )
  }),

  invariant('one key stands for one movement of money', ({ outside: { bank } }) =>
    firstOf(bank.misused.map((key) => `${key} was used for two`))
  ),

  invariant('an order is sent for its price, or cancelled and costs nothing', (view) => {
    const { charges, refunds } = view.outside.bank
    const [chargesFor, refundsFor, owed] = [byReference(charges), byReference(refunds), owedIn(view)]
    return firstOf(
      ordersOf(view).map((order) => {
        const { orderId, totalPence } = order.facts
        if (!isSent(order) && order.status !== 'cancelled') return `${orderId} is ${order.status} for ever`
        // A reversal goes by the name of the order, a refund by that of the refund.
        const back = penceOf([...refundsFor(orderId), ...refundsFor(`order-${orderId}`)])
        const kept = penceOf(chargesFor(orderId)) - back - (owed.get(`order-${orderId}`) ?? 0)
        const due = isSent(order) ? totalPence : 0
        return differs(`what the shop keeps for ${orderId}, which is ${order.status},`, kept, due)
      })
    )
  }),

  invariant('an invoice is settled, or void when the order is cancelled', (view) => {
    const invoices = rowsOf<DataOf<typeof Invoices>>(view, 'billing/invoices')
    return firstOf(
      ordersOf(view).map((order) => {
        const { orderId, totalPence } = order.facts
        const { status, paidPence } = invoices.get(`invoice-${orderId}`) ?? {}
        return isSent(order)
          ? differs(`the invoice of ${orderId}`, [status, paidPence], ['settled', totalPence])
          : differs(`the invoice of ${orderId}`, status, 'void')
      })
    )
  }),

  invariant('a discount follows what a customer has paid', (view) => {
    const billed = saidBy<DataOf<typeof CustomerBilled>>(view, 'billing', 'CustomerBilled')
    const refunded = saidBy<DataOf<typeof CustomerRefunded>>(view, 'billing', 'CustomerRefunded')
    const sums = (
      moved: readonly { readonly customerId: string; readonly pence: number }[],
      customer: string
    ): number => sumOf(moved.filter(({ customerId }) => customerId === customer).map(({ pence }) => pence))
    return firstOf(
      [...rowsOf<DataOf<typeof Discount>>(view, 'pricing/discount')].map(([customer, discount]) =>
        differs(
          `what ${customer} has paid`,
          [discount.billedPence, discount.refundedPence],
          [sums(billed, customer), sums(refunded, customer)]
        )
      )
    )
  })
]
