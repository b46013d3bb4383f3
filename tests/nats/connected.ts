import { jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, MsgHdrsImpl, type NatsConnection } from '@nats-io/transport-node'
import { localBus } from '../../src/adapters/local/index.ts'
import { type NatsBus, type NatsBusOptions, natsBus } from '../../src/adapters/nats/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import { type Line, logTo } from '../brokers/lines.ts'

/** A bus with a connection of its own. */
export interface ConnectedBus {
  readonly bus: NatsBus
  readonly connection: NatsConnection
  readonly lines: readonly Line[]
  close(): Promise<void>
}

/** Connects to servers as a program of a user does, only more impatiently, and opens a bus on the connection. */
export async function connectedBus(
  servers: readonly string[],
  options: Partial<NatsBusOptions> = {},
  connecting: ConnectionOptions = {}
): Promise<ConnectedBus> {
  const lines: Line[] = []
  const connection = await connect({
    servers: [...servers],
    maxReconnectAttempts: -1,
    reconnectTimeWait: 20,
    timeout: 1_000,
    noEcho: true,
    ...connecting
  })
  try {
    const bus = await natsBus({
      connection,
      headers: MsgHdrsImpl.fromRecord,
      manager: () => jetstreamManager(connection),
      feeds: localBus(),
      clock: systemClock(),
      ids: systemIds(),
      log: logTo(lines),
      ...options
    })
    const close = async (): Promise<void> => {
      await bus.close()
      await connection.close()
    }
    return { bus, connection, lines, close }
  } catch (error) {
    await connection.close()
    throw error
  }
}
