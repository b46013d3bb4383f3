import { natsMissing, natsServer } from '../../servers/nats-server.ts'
import type { ChaosBroker, ServerOf } from './shape.ts'

/** A NATS server with JetStream. */
export const natsBroker: ServerOf<ChaosBroker> = {
  name: 'nats',
  missing: natsMissing,
  async start(grounds) {
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
}
