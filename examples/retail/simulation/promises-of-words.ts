import type { DataOf } from 'skerry'
import { type Invariant, invariant } from 'skerry/simulator'
import type { Products } from '../catalog/contract.ts'
import type { Stock } from '../inventory/contract.ts'
import type { ProductNames } from '../notifications/contract.ts'
import type { Price } from '../pricing/contract.ts'
import type { OrderTotals, ProductCopies } from '../sales/contract.ts'
import { nobody } from './mailbox.ts'
import { differs, firstOf, isSent, ordersOf, rowsOf, statesOf, type Town } from './town.ts'

/** What must be true of what customers and services are told. */
export const promisesOfWords: readonly Invariant<Town>[] = [
  invariant('every customer is told once, and the truth', (view) => {
    const { letters } = view.outside.mailbox
    const due = ordersOf(view)
      .filter(({ facts: { email } }) => email !== nobody)
      .map((order) => `${isSent(order) ? 'confirmation' : 'cancellation'}-${order.facts.orderId}`)
    return differs('the mail that came', [...letters.keys()].toSorted(), due.toSorted())
  }),

  invariant('mail that is booked as sent has come, and no other', (view) => {
    const { letters } = view.outside.mailbox
    const mails = [...statesOf<{ readonly status: string }>(view, 'notifications/mail')]
    const sent = mails.filter(([, { status }]) => status === 'sent').map(([mailId]) => mailId)
    return differs('the mail that is booked', sent.toSorted(), [...letters.keys()].toSorted())
  }),

  invariant('the totals of sales are the sum of its orders', (view) => {
    const totals = rowsOf<DataOf<typeof OrderTotals>>(view, 'sales/order-totals').get('all')?.orders
    const orders = ordersOf(view)
    const { accepted = 0, shipped = 0, cancelled = 0, open = 0 } = totals ?? {}
    const sent = orders.filter(isSent).length
    return differs(
      'accepted, shipped, cancelled, open',
      [accepted, shipped, cancelled, open],
      [orders.length, sent, orders.length - sent, 0]
    )
  }),

  invariant('every copy of the catalogue is the catalogue', (view) => {
    const copies = rowsOf<DataOf<typeof ProductCopies>>(view, 'sales/product-copies')
    const prices = rowsOf<DataOf<typeof Price>>(view, 'pricing/price')
    const names = rowsOf<DataOf<typeof ProductNames>>(view, 'notifications/product-names')
    return firstOf(
      [...rowsOf<DataOf<typeof Products>>(view, 'catalog/products')].map(([code, product]) => {
        const { name, listPence, offered, views } = product
        const [copy, price] = [copies.get(code), prices.get(code)]
        const known = [price?.name, price?.listPence, price?.offered, price?.views]
        return firstOf([
          differs(`sales' copy of ${code}`, copy, { stockCode: code, name, listPence, offered }),
          differs(`pricing's copy of ${code}`, known, [name, listPence, offered, views]),
          differs(`what notifications calls ${code}`, names.get(code)?.name, name)
        ])
      })
    )
  }),

  invariant('a price knows what is on the shelf', (view) => {
    const prices = rowsOf<DataOf<typeof Price>>(view, 'pricing/price')
    return firstOf(
      [...rowsOf<DataOf<typeof Stock>>(view, 'inventory/stock')].map(([code, { available }]) =>
        differs(`what pricing takes to be left of ${code}`, prices.get(code)?.available, available)
      )
    )
  }),

  invariant('fulfilment brings every order to an end', (view) => {
    const processes = statesOf<{ readonly status: string }>(view, 'fulfilment/order-fulfilment')
    const ended = [...processes.values()].filter(
      ({ status }) => status === 'completed' || status === 'failed'
    )
    return differs('how many orders fulfilment has ended', ended.length, ordersOf(view).length)
  })
]
