import type { DataOf } from 'skerry'
import type { OrderCancelled, OrderConfirmed } from '../sales/contract.ts'

type Confirmed = DataOf<typeof OrderConfirmed>
type Cancelled = DataOf<typeof OrderCancelled>

/** Product names by stock code. A product that is not in it goes by the name in the order, or by its code. */
export type Names = ReadonlyMap<string, string>

/** A mail as it is read. */
export interface MailText {
  readonly subject: string
  readonly text: string
}

/** Pence as pounds: 123456 is £1,234.56. */
export function pounds(pence: number): string {
  const [whole, hundredths] = (pence / 100).toFixed(2).split('.')
  return `£${(whole ?? '').replace(/\B(?=(\d{3})+$)/g, ',')}.${hundredths}`
}

function lineOf({ stockCode, name, quantity, unitPence }: Confirmed['lines'][number], names: Names): string {
  const called = names.get(stockCode) ?? (name === '' ? stockCode : name)
  const cost = unitPence === 0 ? 'free' : pounds(quantity * unitPence)
  return `  ${quantity} x ${called} (${stockCode}): ${cost}`
}

/** What a customer is told whose order is on its way. */
export function confirmationText({ orderId, lines, totalPence, country }: Confirmed, names: Names): MailText {
  const where = country === '' ? '' : ` to ${country}`
  return {
    subject: `Your order ${orderId} is confirmed`,
    text: [
      'Thank you for your order.',
      '',
      ...lines.map((line) => lineOf(line, names)),
      '',
      `Total: ${pounds(totalPence)}, paid. It leaves our house today${where}.`
    ].join('\n')
  }
}

const apologies: Readonly<Record<string, string>> = {
  'out-of-stock': 'Not everything you ordered is in stock, and we do not ship half an order.',
  'payment-declined': 'Your card was declined.',
  'took-too-long': 'We could not make it ready in time.',
  refused: 'We could not make it ready.'
}

/** What a customer is told whose order will not come. */
export function cancellationText({ orderId, lines, totalPence, reason }: Cancelled, names: Names): MailText {
  return {
    subject: `Your order ${orderId} is cancelled`,
    text: [
      `Your order ${orderId} of ${pounds(totalPence)} will not be shipped.`,
      apologies[reason] ?? `Reason: ${reason}`,
      'Whatever was taken from your card for it is given back.',
      '',
      'You had ordered:',
      ...lines.map((line) => lineOf(line, names))
    ].join('\n')
  }
}
