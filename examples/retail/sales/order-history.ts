import { type DataOf, type MessageMeta, projection } from 'skerry'
import {
  OrderAccepted,
  OrderCancelled,
  OrderCompleted,
  OrderConfirmed,
  OrderHistory,
  OrderShipped
} from './contract.ts'
import { unitsOf } from './lines.ts'

type Row = DataOf<typeof OrderHistory>

const initial: Row = {
  orderId: '',
  customerId: '',
  status: 'accepted',
  totalPence: 0,
  lineCount: 0,
  units: 0,
  acceptedMs: 0,
  changedMs: 0,
  reason: ''
}

const moved = (row: Row, status: Row['status'], { timeMs }: MessageMeta): Row => ({
  ...row,
  status,
  changedMs: timeMs
})

/** Every order and how it stands, without its lines, so that long lists stay light. */
export const orderHistory = projection(OrderHistory, {
  initial,
  indexes: ['customerId', 'status', 'acceptedMs', 'changedMs', 'totalPence']
})
  .on(
    OrderAccepted,
    {
      key: ({ orderId }) => orderId,
      reads: ['orderId', 'customerId', 'totalPence', 'lines', 'items']
    },
    (_, { orderId, customerId, totalPence, lines, items }, { timeMs }) => ({
      ...initial,
      orderId,
      customerId,
      totalPence,
      lineCount: lines.length,
      units: unitsOf(items),
      acceptedMs: timeMs,
      changedMs: timeMs
    })
  )
  .on(OrderConfirmed, { key: ({ orderId }) => orderId, reads: ['orderId'] }, (row, _, meta) =>
    moved(row, 'ready', meta)
  )
  .on(OrderShipped, { key: ({ orderId }) => orderId, reads: ['orderId'] }, (row, _, meta) =>
    moved(row, 'shipped', meta)
  )
  .on(OrderCompleted, { key: ({ orderId }) => orderId, reads: ['orderId'] }, (row, _, meta) =>
    moved(row, 'completed', meta)
  )
  .on(
    OrderCancelled,
    { key: ({ orderId }) => orderId, reads: ['orderId', 'reason'] },
    (row, { reason }, meta) => ({
      ...moved(row, 'cancelled', meta),
      reason
    })
  )
