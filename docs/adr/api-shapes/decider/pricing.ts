import type { DataOf } from 'skerry'
import { OrderAccepted, ProductListed, ProductReturned, type prices, pricing } from '../chained/contracts.ts'
import { type EventOf, projection, service } from './shape.ts'

type Row = DataOf<typeof prices>
type Event = typeof ProductListed | typeof OrderAccepted | typeof ProductReturned

export function keys(event: EventOf<Event>): string | readonly string[] {
  switch (event.type) {
    case 'ProductListed':
    case 'ProductReturned':
      return event.data.sku
    case 'OrderAccepted':
      return event.data.lines.map(({ sku }) => sku)
  }
}

export function fold(row: Row, event: EventOf<Event>, key: string): Row {
  switch (event.type) {
    case 'ProductListed':
      return { ...row, sku: event.data.sku, pence: event.data.pence }
    case 'OrderAccepted': {
      const lines = event.data.lines.filter(({ sku }) => sku === key)
      return { ...row, sold: lines.reduce((sum, { quantity }) => sum + quantity, row.sold) }
    }
    case 'ProductReturned':
      return { ...row, returned: row.returned + event.data.quantity }
  }
}

export const price = projection<Row, Event>({
  name: 'price',
  initial: { sku: '', pence: 0, sold: 0, returned: 0 },
  indexes: ['pence'],
  events: [ProductListed, OrderAccepted, ProductReturned],
  keys,
  fold
})

export const pricingService = service(pricing, [price])
