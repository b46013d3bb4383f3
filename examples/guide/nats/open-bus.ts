import { jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, MsgHdrsImpl } from '@nats-io/transport-node'
import { httpFeedBus } from 'skerry/http-feed'
import { localBus } from 'skerry/local'
import { type NatsBus, natsBus } from 'skerry/nats'
import { systemClock, systemIds } from 'skerry/node'

/** Opens the bus of one process. `urls` says where the gateways of the other services are. */
export async function openBus(
  servers: ConnectionOptions,
  urls: Readonly<Record<string, string>>
): Promise<{ readonly bus: NatsBus; close(): Promise<void> }> {
  const clock = systemClock()
  const ids = systemIds()
  // #region bus
  const connection = await connect({
    ...servers,
    // For ever: the services go on without the broker, and need no restart when it is back.
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    timeout: 2_000,
    // A process need not be sent what it has said itself.
    noEcho: true
  })
  const bus = await natsBus({
    connection,
    headers: MsgHdrsImpl.fromRecord,
    manager: () => jetstreamManager(connection),
    feeds: httpFeedBus({ urls, local: localBus(), clock, ids }),
    clock,
    ids
  })
  // #endregion
  return {
    bus,
    async close() {
      await bus.close()
      await connection.close()
    }
  }
}
