import { billing, fulfilment as fulfilmentContract, sales, stock } from './contracts.ts'
import { by, keeping, processManager, service } from './shape.ts'

const byOrder = ({ orderId }: { orderId: string }) => orderId

interface Fulfilment {
  orderId: string
  customerId: string
  lines: { sku: string; quantity: number; pence: number }[]
  total: number
  reservation?: string
  receipt?: string
}

export const fulfilment = processManager<Fulfilment>()({
  name: 'fulfilment',
  startsWith: { ...by(sales.events.OrderAccepted, byOrder), keep: (accepted: Fulfilment) => accepted },
  steps: {
    stock: {
      send: ({ orderId, lines }) => stock.commands.ReserveStock.for(orderId, { lines }),
      doneBy: keeping(stock.events.StockReserved, byOrder, ({ reservation }) => ({ reservation })),
      failedBy: by(stock.events.OutOfStock, byOrder),
      undo: ({ orderId, reservation = '' }) => stock.commands.ReleaseStock.for(orderId, { reservation })
    },
    payment: {
      after: 'stock',
      send: ({ orderId, customerId, total }) =>
        billing.commands.ChargeCustomer.for(orderId, { customerId, pence: total }),
      doneBy: keeping(billing.events.CustomerCharged, byOrder, ({ receipt }) => ({ receipt })),
      failedBy: by(billing.events.CardDeclined, byOrder),
      undo: ({ orderId, receipt = '' }) => billing.commands.RefundCustomer.for(orderId, { receipt }),
      timeout: { hours: 24 }
    },
    confirmation: {
      after: 'payment',
      send: ({ orderId }) => sales.commands.ConfirmOrder.for(orderId, {}),
      doneBy: by(sales.events.OrderConfirmed, byOrder),
      undo: 'stays'
    }
  },
  cancelledBy: by(sales.events.OrderCancelled, byOrder),
  fails: ({ orderId }, { why, reason }) =>
    why === 'cancelled' ? [] : [sales.commands.CancelOrder.for(orderId, { reason })]
})

export const fulfilmentService = service(fulfilmentContract, [fulfilment])
