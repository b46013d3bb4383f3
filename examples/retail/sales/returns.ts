import { projection } from 'skerry'
import { ReturnAccepted, ReturnCompleted, ReturnReceived, ReturnRefunded, Returns } from './contract.ts'
import { unitsOf } from './lines.ts'

/** Every return and how it stands, without its lines. */
export const returns = projection(Returns, {
  initial: { returnId: '', customerId: '', status: 'accepted', refundPence: 0, units: 0, acceptedMs: 0 },
  indexes: ['customerId', 'status', 'acceptedMs']
})
  .on(
    ReturnAccepted,
    { key: ({ returnId }) => returnId, reads: ['returnId', 'customerId', 'refundPence', 'items'] },
    (_, { returnId, customerId, refundPence, items }, { timeMs }) => ({
      returnId,
      customerId,
      status: 'accepted',
      refundPence,
      units: unitsOf(items),
      acceptedMs: timeMs
    })
  )
  .on(ReturnRefunded, { key: ({ returnId }) => returnId, reads: ['returnId'] }, (row) => ({
    ...row,
    status: 'refunded'
  }))
  .on(ReturnReceived, { key: ({ returnId }) => returnId, reads: ['returnId'] }, (row) => ({
    ...row,
    status: 'received'
  }))
  .on(ReturnCompleted, { key: ({ returnId }) => returnId, reads: ['returnId'] }, (row) => ({
    ...row,
    status: 'completed'
  }))
