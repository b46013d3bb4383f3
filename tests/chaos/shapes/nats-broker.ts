import { natsMissing, natsServer } from '../../servers/nats-server.ts'
import type { Grounds } from '../grounds.ts'
import type { ChaosBroker, Shape } from './shape.ts'

export const natsNeeds: Shape['servers'][number] = { name: 'nats', missing: natsMissing }

/** A NATS server with JetStream. */
export async function natsBroker(grounds: Grounds): Promise<ChaosBroker> {
  const server = await natsServer()
  grounds.defer(() => server.remove())
  return Object.assign(server, {
    place: (port: number, name: string) => ({
      kind: 'nats' as const,
      servers: `nats://127.0.0.1:${port}`,
      prefix: name
    })
  })
}
