import { postgresMissing } from '../../servers/postgres-binaries.ts'
import type { Fault } from '../fault.ts'
import { kafkaBroker, kafkaNeeds } from './kafka-broker.ts'
import { natsBroker, natsNeeds } from './nats-broker.ts'
import type { Shape } from './shape.ts'
import { shapeFaults } from './shape-faults.ts'

const postgres = { name: 'postgres', missing: postgresMissing }

/** The shapes of a bank that runs on servers: each gets all faults that it can have. */
export const shapes: readonly Shape[] = [
  { name: 'postgres', servers: [postgres] },
  { name: 'nats', servers: [postgres, natsNeeds], broker: natsBroker },
  { name: 'kafka', servers: [postgres, kafkaNeeds], broker: kafkaBroker },
  { name: 'instances', servers: [postgres, natsNeeds], broker: natsBroker, instances: 2 },
  {
    name: 'instances-kafka',
    servers: [postgres, kafkaNeeds],
    broker: kafkaBroker,
    instances: 2,
    slow: true
  }
]

/** The faults of all shapes. */
export const faultsOnServers: readonly Fault[] = shapes.flatMap(shapeFaults)
