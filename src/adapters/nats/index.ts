export type {
  NatsConnection,
  NatsHeaders,
  NatsMessage,
  NatsReplayConfig,
  NatsStatus,
  NatsStreamConfig,
  NatsStreamManager,
  NatsSubscription
} from './connection.ts'
export type { NatsCounts } from './counts.ts'
export { type NatsBoardOptions, type NatsBucket, natsBoard } from './nats-board.ts'
export { type NatsBus, natsBus } from './nats-bus.ts'
export type { NatsBusOptions } from './options.ts'
export { type NatsReadiness, natsReadiness } from './readiness.ts'
