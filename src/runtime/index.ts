export type { Limits, RuntimePorts } from './ports.ts'
export type {
  Accepted,
  CommandAnswer,
  CommandRequest,
  DeadLetters,
  EntityView,
  ReadOptions,
  RebuildStatus,
  Refused,
  RunningService,
  RunningSystem,
  ServiceStatus,
  SubscriptionStatus
} from './running.ts'
export { type StartOptions, startSystem } from './start-system.ts'
