import { jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, MsgHdrsImpl, type NatsConnection } from '@nats-io/transport-node'
import { vi } from 'vitest'
import { localBus } from '../../src/adapters/local/index.ts'
import { type NatsBus, type NatsBusOptions, natsBus } from '../../src/adapters/nats/index.ts'
import { systemClock, systemIds } from '../../src/adapters/node/index.ts'
import type { Log, LogRow } from '../../src/ports/index.ts'
import { until as lookUntil } from '../system/child.ts'

// Servers start and fall in these tests, and on a busy machine everything takes long.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

/** One line that a bus has logged. */
export interface Line {
  readonly level: keyof Log
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A bus with a connection of its own. */
export interface ConnectedBus {
  readonly bus: NatsBus
  readonly connection: NatsConnection
  readonly lines: readonly Line[]
  close(): Promise<void>
}

function logTo(lines: Line[]): Log {
  const at =
    (level: keyof Log) =>
    (text: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      lines.push({ level, text, fields })
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
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

/** Resolves when the condition holds; fails after half a minute. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  await lookUntil(what, async () => condition())
}

/** What a listener has heard of each partition, in the order in which it came. */
export class Heard {
  readonly rows: LogRow[] = []

  /** Listens for it. */
  readonly listener = (rows: readonly LogRow[]): void => {
    this.rows.push(...rows)
  }

  positions(partition = 0): number[] {
    return this.rows.filter((row) => row.partition === partition).map(({ position }) => position)
  }

  /** The last position, 0 when there is none. */
  last(partition = 0): number {
    return this.positions(partition).at(-1) ?? 0
  }
}
