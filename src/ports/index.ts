export {
  type BinaryCloudEvent,
  binaryCloudEventOf,
  cloudEventReferenceOf,
  isCloudEventReference,
  rowOfBinaryCloudEvent
} from './binary-cloud-event.ts'
export type { Bus, BusGuarantees } from './bus.ts'
export type { Cancel, Clock } from './clock.ts'
export {
  type CloudEvent,
  type CloudEventProblem,
  cloudEventOf,
  cloudEventsBatchType,
  rowOfCloudEvent
} from './cloud-event.ts'
export type { AttemptResult, EffectAttempt, EffectGuard, Effects } from './effects.ts'
export type { Feed } from './feed.ts'
export { type FeedHeads, feedPageRows, feedWaitMaxMs } from './feed-protocol.ts'
export type { Ids } from './ids.ts'
export { type LeaseMember, type LeaseShare, leaseShare } from './lease-shares.ts'
export type { Beat, BeatRequest, Fence, HeldLease, Instance, Leases } from './leases.ts'
export type { Log, LogFields } from './log.ts'
export {
  type Address,
  type BatchPosition,
  type LogRow,
  type NewLogRow,
  type ReplyTo,
  rowId
} from './log-row.ts'
export type { Comparison, Filter, Query, QueryPage } from './query.ts'
export {
  type Checkpoint,
  type Committed,
  type Generation,
  type ParkedFilter,
  type ParkedMessage,
  type Store,
  type StoredAnswer,
  type StoredState,
  type StoredTimer,
  type StoreGuarantees,
  subscriptionName,
  unitOf
} from './store.ts'
export {
  type AnswerWrite,
  type AuditWrite,
  type Batch,
  type CheckpointMove,
  emptyBatch,
  type ParkedChange,
  type ParkedStatus,
  type ParkedWrite,
  type ProjectionWrite,
  type StateWrite,
  type TimerWrite
} from './store-batch.ts'
