import type { Fault } from '../fault.ts'
import { postgresDatabase } from './bank-room.ts'
import { kafkaBroker } from './kafka-broker.ts'
import { natsBroker } from './nats-broker.ts'
import type { Shape } from './shape.ts'
import { shapeFaults } from './shape-faults.ts'

const database = postgresDatabase

/** The shapes of a bank whose services are processes: each gets all faults that it can have. */
export const shapes: readonly Shape[] = [
  { name: 'files' },
  { name: 'postgres', database },
  { name: 'nats', database, broker: natsBroker },
  { name: 'kafka', database, broker: kafkaBroker },
  { name: 'instances', database, broker: natsBroker, instances: 2 },
  { name: 'instances-kafka', database, broker: kafkaBroker, instances: 2, slow: true }
]

/** The faults of all shapes. */
export const faultsOfShapes: readonly Fault[] = shapes.flatMap(shapeFaults)
