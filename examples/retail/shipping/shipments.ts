import { projection } from 'skerry'
import { ShipmentDelivered, ShipmentDispatched, ShipmentPrepared, Shipments } from './contract.ts'

/** Every shipment and how it stands. Times are 0 until they are known. */
export const shipments = projection(Shipments, {
  initial: {
    orderId: '',
    customerId: '',
    status: 'prepared',
    items: [],
    units: 0,
    preparedMs: 0,
    dispatchedMs: 0,
    deliveredMs: 0
  },
  indexes: ['customerId', 'status', 'preparedMs']
})
  .on(
    ShipmentPrepared,
    { key: ({ orderId }) => orderId, reads: ['orderId', 'customerId', 'items'] },
    (row, { orderId, customerId, items }, { timeMs }) => ({
      ...row,
      orderId,
      customerId,
      items,
      units: items.reduce((units, { quantity }) => units + quantity, 0),
      preparedMs: timeMs
    })
  )
  .on(ShipmentDispatched, { key: ({ orderId }) => orderId, reads: ['orderId'] }, (row, _, { timeMs }) => ({
    ...row,
    status: 'dispatched',
    dispatchedMs: timeMs
  }))
  .on(ShipmentDelivered, { key: ({ orderId }) => orderId, reads: ['orderId'] }, (row, _, { timeMs }) => ({
    ...row,
    status: 'delivered',
    deliveredMs: timeMs
  }))
