import type { PostgresServer } from '../../servers/postgres-server.ts'
import type { Grounds } from '../grounds.ts'
import type { ChaosBroker, Shape } from './shape.ts'

/** The servers of a campaign, and how many processes each service has on them. */
export interface BankServers {
  readonly database: PostgresServer | undefined
  readonly broker: ChaosBroker | undefined
  readonly instances: number
}

/** Starts what a shape has around its processes. */
export async function startServers(
  grounds: Grounds,
  { database, broker, instances = 1 }: Shape
): Promise<BankServers> {
  return {
    database: await database?.start(grounds),
    broker: await broker?.start(grounds),
    instances
  }
}
