import { kafkaMissing, kafkaServer } from '../../servers/kafka-server.ts'
import { tcpProxy } from '../../servers/tcp-proxy.ts'
import { freePort } from '../../system/child.ts'
import type { ChaosBroker, ServerOf } from './shape.ts'

/** A Kafka broker. It tells its clients one address to connect to: that of a line that all of them share. */
export const kafkaBroker: ServerOf<ChaosBroker> = {
  name: 'kafka',
  missing: kafkaMissing,
  async start(grounds) {
    const door = await freePort()
    const line = await tcpProxy(door)
    grounds.defer(() => line.close())
    const server = await kafkaServer({ door: { port: door, advertised: line.port } })
    grounds.defer(() => server.remove())
    return Object.assign(server, {
      line,
      place: (port: number, name: string) => ({
        kind: 'kafka' as const,
        brokers: `127.0.0.1:${port}`,
        prefix: name
      })
    })
  }
}
