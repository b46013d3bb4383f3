import { type DataOf, stateMachine } from 'skerry'
import {
  DeliverShipment,
  DispatchShipment,
  PrepareShipment,
  ShipmentDelivered,
  ShipmentDispatched,
  ShipmentPrepared
} from './contract.ts'

type Shipment =
  | { status: 'new' }
  | { status: 'prepared' | 'dispatched' | 'delivered'; facts: DataOf<typeof ShipmentPrepared> }

/** The shipment of an order, by the order's id. */
export const shipment = stateMachine<Shipment>('shipment', { status: 'new' })
  .evolve(ShipmentPrepared, { from: 'new', to: 'prepared' }, (_, facts) => ({ status: 'prepared', facts }))
  .evolve(ShipmentDispatched, { from: 'prepared', to: 'dispatched' }, (_, facts) => ({
    status: 'dispatched',
    facts
  }))
  .evolve(ShipmentDelivered, { from: 'dispatched', to: 'delivered' }, (_, facts) => ({
    status: 'delivered',
    facts
  }))

  .on(PrepareShipment, { from: 'new', emits: ShipmentPrepared }, (_, command, { key }) =>
    ShipmentPrepared({ ...command, orderId: key })
  )
  .on(DispatchShipment, { from: 'prepared', emits: ShipmentDispatched }, ({ facts }) =>
    ShipmentDispatched(facts)
  )
  .on(DeliverShipment, { from: 'dispatched', emits: ShipmentDelivered }, ({ facts }) =>
    ShipmentDelivered(facts)
  )
